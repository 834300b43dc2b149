/** Summaries of the runs before a run, from the directory that it lies in: what its history is drawn from. */
import { dirname } from "node:path";
import { ConfigError } from "../../core/config-error.ts";
import { listResults } from "../results/catalogue.ts";
import { readDocuments } from "../results/reader.ts";
import type { RunRecord } from "../results/record.ts";
import { type RunSummary, summarizeRun } from "./summary.ts";

/** Of the same benchmark on the same machine. What cannot be read is left out: it is no part of this run's report. */
export async function readEarlier(file: string, run: RunRecord): Promise<RunSummary[]> {
  const summaries: RunSummary[] = [];
  for (const listed of await listResults(dirname(file))) {
    if (!("run" in listed) || !isBefore(listed.run, run)) continue;
    try {
      summaries.push(summarizeRun(await readDocuments(listed.file)));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
    }
  }
  return summaries;
}

function isBefore(earlier: RunRecord, run: RunRecord): boolean {
  return (
    earlier.started < run.started &&
    earlier.run_id !== run.run_id &&
    earlier.name === run.name &&
    earlier.environment_key === run.environment_key
  );
}
