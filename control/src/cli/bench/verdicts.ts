/** Comparisons as the benchmark verbs make them of stored runs, scored anew where that is asked. */
import type { Comparison } from "../../bench/compare/compare.ts";
import { compareRun } from "../../bench/compare/compare-run.ts";
import { earlierRunOf } from "../../bench/compare/earlier-run.ts";
import type { ScoreText } from "../../bench/compare/side-of-run.ts";
import type { RunDocuments } from "../../bench/results/reader.ts";
import { type AskedNormalizer, scoreTexts } from "../../bench/score/texts.ts";
import { ConfigError } from "../../core/config-error.ts";
import type { Io } from "../io.ts";
import { type OpenedRun, openFile } from "./results.ts";

interface Asked {
  normalizer: AskedNormalizer | null;
  force: boolean;
}

/** Both were scored anew already; so are the requests of load scenarios, one by one. */
export function compareStored(
  run: RunDocuments,
  { baseline, normalizer, force }: Asked & { baseline: RunDocuments | null },
): Comparison {
  const score = normalizer === null ? undefined : scoreWith(normalizer, run.run.definition.decoding.language ?? null);
  return compareRun(run, { baseline: baseline ?? undefined, force, score });
}

function scoreWith(normalizer: AskedNormalizer, language: string | null): ScoreText {
  return (item, hypothesis) => scoreTexts([{ item, hypothesis }], { normalizer, language });
}

/** The verdict that a run ended with; null where it did not come to its end, or its baseline is not there any more. */
export async function verdictOf(run: OpenedRun, { io, ...asked }: Asked & { io: Io }): Promise<Comparison | null> {
  if (run.end === null || run.end.status === "interrupted") return null;
  try {
    return compareStored(run, { ...asked, baseline: await namedBaseline(run, asked.normalizer) });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    io.err(`not compared with its baseline: ${error.message}\n`);
    return null;
  }
}

/** The earlier run that its definition names; null where it names none. Throws ConfigError where that cannot be read. */
export async function namedBaseline({ run }: OpenedRun, normalizer: AskedNormalizer | null): Promise<OpenedRun | null> {
  const file = earlierRunOf(run);
  return file === null ? null : openFile(file, normalizer);
}
