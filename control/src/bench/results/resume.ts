/** Takes up a run that has not come to its end: the newest of the same plan, of the same SUTs, on the same machine, with the same build. */
import { isDeepStrictEqual } from "node:util";
import { ConfigError } from "../../core/config-error.ts";
import { listResults, type ResultSummary } from "./catalogue.ts";
import { lockResults } from "./lock.ts";
import { type Results, readResults } from "./reader.ts";
import type { RunRecord } from "./record.ts";
import { type ResultWriter, reopenResults } from "./writer.ts";

export interface Resumed {
  writer: ResultWriter;
  /** What was there before. */
  previous: Results;
  /** Of the session that has begun: the one that is in the file now. */
  run: RunRecord;
  /** trial_ids that need not run again: those that were ok. */
  finished: ReadonlySet<string>;
}

/**
 * `run` is the header as a new run would have it; taken up, it gets the old run's id and the next session's number.
 * `notes` say which runs were passed over, and why. Rejects with HumError where another harness writes the run.
 */
export async function resumeResults(
  directory: string,
  run: RunRecord,
): Promise<{ resumed: Resumed | null; notes: string[] }> {
  const notes: string[] = [];
  const listed = (await listResults(directory)).filter((result) => "run" in result);
  for (const candidate of listed.filter(
    ({ status, run: old }) => status !== "complete" && old.plan_hash === run.plan_hash,
  )) {
    const reason = differenceOf(candidate, run);
    if (reason !== null) {
      notes.push(`${candidate.file} is not taken up: ${reason}`);
      continue;
    }
    const resumed = await takeUp(candidate.file, { run, notes });
    if (resumed !== null) return { resumed, notes };
  }
  return { resumed: null, notes };
}

/** Trials of two machines, builds or servers in one run would be compared as if they were of one. */
function differenceOf({ run: old }: ResultSummary, run: RunRecord): string | null {
  if (old.environment_key !== run.environment_key) return "it is of another machine";
  // Their keys are equal wherever a server runs and whatever it calls its models.
  if (!isDeepStrictEqual(old.definition.suts, run.definition.suts))
    return "its suts are not those of the definition now";
  const builds = [old, run].map(({ provenance: { hum_helix, commit } }) => [hum_helix, commit?.slice(0, 12)].join(" "));
  return builds[0] === builds[1] ? null : `it is of another build, ${builds[0]}`;
}

async function takeUp(file: string, { run, notes }: { run: RunRecord; notes: string[] }): Promise<Resumed | null> {
  const lock = lockResults(file);
  try {
    const previous = await readResults(file);
    // It may have come to its end since it was listed.
    if (previous.end?.status === "complete") {
      lock.release();
      return null;
    }
    const session = Math.max(...previous.sessions.map((each) => each.session)) + 1;
    const next = { ...run, run_id: previous.run.run_id, session };
    const writer = await reopenResults(file, { wholeBytes: previous.wholeBytes, lock });
    await writer.append(next).catch(async (error: unknown) => {
      await writer.close();
      throw error;
    });
    const finished = previous.trials.filter(({ status }) => status === "ok").map(({ trial_id }) => trial_id);
    return { writer, previous, run: next, finished: new Set(finished) };
  } catch (error) {
    lock.release();
    if (!(error instanceof ConfigError)) throw error;
    notes.push(`${file} is not taken up: ${error.message}`);
    return null;
  }
}
