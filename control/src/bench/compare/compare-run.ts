/** The verdict on a run: its run configs held against each other, or against an earlier run, as its definition says. */
import { summarizeRun } from "../report/summary.ts";
import type { RunDocuments } from "../results/reader.ts";
import { type Comparison, compare } from "./compare.ts";
import { type ScoreText, sideOfRun } from "./side-of-run.ts";

export interface CompareRunOptions {
  /** An earlier run; without it the run configs of this one are compared. */
  baseline?: RunDocuments | undefined;
  /** Compares with another environment all the same, and says so. */
  force?: boolean;
  /** Scores texts anew, those of both runs in the same way. */
  score?: ScoreText | undefined;
}

export function compareRun(
  documents: RunDocuments,
  { baseline, force = false, score }: CompareRunOptions = {},
): Comparison {
  const { definition } = documents.run;
  const scoring = score === undefined ? {} : { score };
  const summaries = new Map(summarizeRun(documents).configs.map((config) => [config.config_key, config]));
  return compare(sideOfRun(documents, scoring), {
    gates: definition.gates,
    baseline: baseline === undefined ? undefined : sideOfRun(baseline, scoring),
    seed: definition.protocol.seed,
    force,
    metricsOf: (key) => summaries.get(key),
  });
}
