/** Reads a result file: what is cut off at its end is normal, any other damage is told with its line. */
import { ConfigError } from "../../core/config-error.ts";
import { parseYaml, type YamlFile } from "../../core/yaml.ts";
import { problemsIn } from "../definition/problem.ts";
import { documentsOf, type RawDocument } from "./documents.ts";
import { keepTrials } from "./kept-trials.ts";
import { parseFormatted } from "./parse.ts";
import {
  type ResultDocument,
  type RunEndRecord,
  type RunRecord,
  resultDocumentSchema,
  type TrialRecord,
} from "./record.ts";

/**
 * The documents of one run, of all its sessions. The last session's header stands for all: its plan is that of the others,
 * while its gates and its number of trials may have changed. It has the time at which the first one began.
 */
export interface RunDocuments {
  run: RunRecord;
  trials: readonly TrialRecord[];
  ends: readonly RunEndRecord[];
}

export interface Results {
  file: string;
  /** As it began. */
  run: RunRecord;
  /** One for each time that it was taken up, the beginning included. */
  sessions: RunRecord[];
  /** Each trial once: where it was repeated, the first that was ok, or else the last. */
  trials: TrialRecord[];
  /** How many stand in it, repeated ones too. */
  trialDocuments: number;
  /** Of the last session; null while that runs, and where it died. */
  end: RunEndRecord | null;
  /** Whether the last document is cut off. */
  incomplete: boolean;
  /** Bytes of the file up to the end of its last whole document. */
  wholeBytes: number;
  /** What is odd about it and yet no damage. */
  notes: string[];
}

/** Throws ConfigError where the file cannot be read, is damaged elsewhere than at its end, or has no whole run header. */
export async function readResults(file: string): Promise<Results> {
  const sessions: RunRecord[] = [];
  const kept = keepTrials();
  let trialDocuments = 0;
  const repeated = new Set<string>();
  let end: RunEndRecord | null = null;
  const scan = await scanResults(file, (document, line) => {
    if (sessions.length === 0 && document.kind !== "run") {
      throw damage(file, { line, message: `a ${document.kind} stands before the run that it belongs to` });
    }
    const run_id = sessions[0]?.run_id ?? document.run_id;
    if (document.run_id !== run_id) {
      throw damage(file, { line, message: `run_id is ${document.run_id}; it must be ${run_id}, as in the run before` });
    }
    if (document.kind === "run") {
      sessions.push(document);
      end = null;
    } else if (document.kind === "run-end") {
      end = document;
    } else {
      trialDocuments += 1;
      if (kept.add(document)) repeated.add(document.trial_id);
    }
  });
  const [run] = sessions;
  if (run === undefined) throw damage(file, { line: 1, message: "the file holds no whole run header yet" });
  const notes = repeated.size === 0 ? [] : [repeatedNote(repeated)];
  return { file, run, sessions, trials: kept.list(), trialDocuments, end, ...scan, notes };
}

/** The same in the shape in which runs are compared and reported. */
export async function readDocuments(file: string): Promise<RunDocuments> {
  const { run: first, sessions, trials, end } = await readResults(file);
  const run = { ...(sessions.at(-1) ?? first), started: first.started };
  return { run, trials, ends: end === null ? [] : [end] };
}

const repeatedNote = (ids: ReadonlySet<string>) =>
  `${ids.size === 1 ? "a trial was" : `${ids.size} trials were`} repeated, such as ${[...ids][0]}: the first that was ok counts`;

/** Calls back for each whole document, in order, with the line that it begins on. */
async function scanResults(
  file: string,
  onDocument: (document: ResultDocument, line: number) => void,
): Promise<{ incomplete: boolean; wholeBytes: number }> {
  let wholeBytes = 0;
  let closing = false;
  for await (const raw of documentsOf(file)) {
    // Where the others are closed it is torn. Of a writer that closes none it is whole if it is one of ours.
    if (raw.last && (closing || !raw.text.endsWith("\n"))) return { incomplete: true, wholeBytes };
    const document = raw.last ? parseTorn(raw, file) : parseDocument(raw, file);
    if (document === null) return { incomplete: true, wholeBytes };
    closing ||= raw.closed;
    wholeBytes = raw.end;
    onDocument(document, raw.line);
  }
  return { incomplete: false, wholeBytes };
}

function parseTorn(raw: RawDocument, file: string): ResultDocument | null {
  try {
    return parseDocument(raw, file);
  } catch (error) {
    if (error instanceof ConfigError) return null;
    throw error;
  }
}

/** Throws ConfigError with the line of each problem. */
export function parseDocument(raw: Pick<RawDocument, "text" | "line">, file: string): ResultDocument {
  // The rest of the mark's own line is part of the text: it is mostly empty.
  const text = raw.text.startsWith("\n") ? raw.text.slice(1) : raw.text;
  let yaml: YamlFile | undefined;
  const whole = () => {
    yaml ??= parseYaml(raw.text, file, { firstLine: raw.line });
    return yaml;
  };
  const value = (parseFormatted(text) ?? whole()).value;
  const parsed = resultDocumentSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new ConfigError(
    problemsIn(value, { schema: resultDocumentSchema, path: [] }).map(({ path, message }) => ({
      place: `${file}:${path.length === 0 ? raw.line : whole().lineOf(path)}`,
      message,
    })),
  );
}

function damage(file: string, { line, message }: { line: number; message: string }): ConfigError {
  return new ConfigError([{ place: `${file}:${line}`, message }]);
}
