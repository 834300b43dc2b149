/** What is told of benchmarks: the schema of each benchmark event's data. */
import { z } from "zod";
import { count, id } from "./common.ts";

const run = {
  run_id: id,
  plan_hash: z.string().describe("Of all that decides what is measured: equal plans, comparable runs."),
  config: z.string().describe("Name of the run configuration; where the whole run is meant, of its definition."),
};
const score = {
  rtfx: z.number().nullable().describe("Seconds of audio per second of processing; null where none was measured."),
  wer: z.number().nullable().describe("Word error rate, 0.1 for 10 %; null where none was measured."),
};
const trials = count.optional();

export const benchmark = {
  "benchmark.run.started": z
    .object({ ...run, trials: trials.describe("How many are planned at least.") })
    .describe("A run of a benchmark has begun."),
  "benchmark.run.completed": z
    .object({
      ...run,
      ...score,
      status: z.string().optional().describe("complete, interrupted or failed."),
      trials: trials.describe("How many there are in its results."),
      exit_code: z.int().optional().describe("As hum-helix bench run ends; 0 where nothing has become worse."),
    })
    .describe("A run of a benchmark has ended, with its score over all trials; of several run configs there is none."),
  "benchmark.trial.completed": z
    .object({
      ...run,
      ...score,
      trial_id: id.optional(),
      item: z
        .string()
        .nullable()
        .optional()
        .describe("Key of the workload's item; null where it is the whole workload."),
      status: z.string().optional().describe("ok, error, timeout or invalid."),
    })
    .describe("One trial of a run is complete."),
};
