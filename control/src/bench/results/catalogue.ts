/** The result files of a directory with what each is about, from its head and its tail: trials are not read. */
import { open, readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError } from "../../core/config-error.ts";
import { toError } from "../../core/to-error.ts";
import { documentsOf } from "./documents.ts";
import { parseDocument } from "./reader.ts";
import type { RunEndRecord, RunRecord } from "./record.ts";

export interface ResultSummary {
  file: string;
  bytes: number;
  /** When it was last written to, in milliseconds since the epoch. */
  modifiedMs: number;
  run: RunRecord;
  /** `open` while it is written, and where its harness died. */
  status: RunEndRecord["status"] | "open";
  end: RunEndRecord | null;
  /** Trial documents in it, warm-up included. */
  trials: number;
}

export type ListedResult = ResultSummary | { file: string; problem: string };

const isResultName = (name: string): boolean => /^benchmark-.*\.db\.yaml$/.test(name);

/** The newest first, those that cannot be read last. Rejects with ConfigError where there is no such directory. */
export async function listResults(directory: string): Promise<ListedResult[]> {
  const names = await readdir(directory).catch((error: unknown) => {
    throw new ConfigError([{ place: directory, message: `cannot be listed: ${toError(error).message}` }]);
  });
  const listed: ListedResult[] = [];
  for (const name of names.filter(isResultName)) listed.push(await summarizeResult(join(directory, name)));
  return listed.toSorted((a, b) => startOf(b).localeCompare(startOf(a)) || a.file.localeCompare(b.file));
}

const startOf = (listed: ListedResult) => ("run" in listed ? listed.run.started : "");

export async function summarizeResult(file: string): Promise<ListedResult> {
  try {
    const { size, mtimeMs } = await stat(file);
    const run = await headOf(file);
    const end = await tailOf(file, { size, run_id: run.run_id });
    const trials = end?.trials ?? (await countTrials(file));
    return { file, bytes: size, modifiedMs: mtimeMs, run, end, status: end?.status ?? "open", trials };
  } catch (error) {
    return { file, problem: toError(error).message };
  }
}

async function headOf(file: string): Promise<RunRecord> {
  for await (const raw of documentsOf(file)) {
    if (raw.last && !raw.text.endsWith("\n")) break;
    if (/^\s*- /.test(raw.text)) {
      throw new ConfigError([{ place: file, message: "is a list of the old kind; `hum-helix bench import` reads it" }]);
    }
    const document = parseDocument(raw, file);
    if (document.kind === "run") return document;
    throw new ConfigError([
      { place: `${file}:${raw.line}`, message: `begins with a ${document.kind}; it must be a run` },
    ]);
  }
  throw new ConfigError([{ place: file, message: "holds no whole run header yet" }]);
}

const tailBytes = 64 * 1024;

/** Null where the last whole document is not the end of the run. */
async function tailOf(file: string, { size, run_id }: { size: number; run_id: string }): Promise<RunEndRecord | null> {
  const handle = await open(file, "r");
  try {
    const start = Math.max(0, size - tailBytes);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - start), 0, size - start, start);
    const text = buffer.toString("utf8", 0, bytesRead);
    const mark = text.lastIndexOf("\n---\n");
    if (mark === -1 || !/\n(\.\.\.\s*)?$/.test(text)) return null;
    const body = text.slice(mark + "\n---\n".length).replace(/^\.\.\.\s*$/m, "");
    if (!/^kind: ["']?run-end/m.test(body)) return null;
    const document = parseDocument({ text: body, line: 1 }, file);
    return document.kind === "run-end" && document.run_id === run_id ? document : null;
  } catch (error) {
    if (error instanceof ConfigError) return null;
    throw error;
  } finally {
    await handle.close();
  }
}

/** Without parsing them. */
async function countTrials(file: string): Promise<number> {
  let trials = 0;
  for await (const { text, last } of documentsOf(file)) if (!last && /^kind: ["']?trial\b/m.test(text)) trials += 1;
  return trials;
}
