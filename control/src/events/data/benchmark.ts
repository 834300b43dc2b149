/** What is told of benchmarks: the schema of each benchmark event's data. */
import { z } from "zod";
import { id } from "./common.ts";

const run = {
  run_id: id,
  plan_hash: z.string().describe("Of all that decides what is measured: equal plans, comparable runs."),
  config: z.string().describe("Name of the run configuration."),
};
const score = {
  rtfx: z.number().nullable().describe("Seconds of audio per second of processing; null where none was measured."),
  wer: z.number().nullable().describe("Word error rate, 0.1 for 10 %; null where none was measured."),
};

export const benchmark = {
  "benchmark.run.started": z.object(run).describe("A run of a benchmark has begun."),
  "benchmark.run.completed": z
    .object({ ...run, ...score })
    .describe("A run of a benchmark is complete, with its score over all trials."),
  "benchmark.trial.completed": z.object({ ...run, ...score }).describe("One trial of a run is complete."),
};
