/** Scenarios in a definition: in which manner a SUT is asked, after MLPerf's LoadGen. */
import { z } from "zod";

/** A share of all requests that must be answered within a time. */
const sloSchema = z.strictObject({
  latency_s: z.number().positive().describe("From the intended arrival to the answer."),
  percentile: z.number().min(0.5).max(0.999).default(0.95),
});
export type Slo = z.infer<typeof sloSchema>;

const load = {
  requests: z.int().min(1).max(100_000).optional().describe("Requests of one trial; without it each item once."),
};

const arrivals = {
  arrivals: z.enum(["poisson", "constant", "trace"]).default("poisson"),
  trace: z.array(z.number().min(0)).max(100_000).optional().describe("Seconds at which requests arrive, for trace."),
};

export const scenarioSchema = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("single-stream") }).describe("One after another; a trial is one item."),
  z
    .strictObject({ kind: z.literal("streaming") })
    .describe("As single-stream, with answers as server-sent events: time to the first segment."),
  z
    .strictObject({ kind: z.literal("multi-stream"), streams: z.int().min(1).max(1024), ...load })
    .describe("So many clients, each asking anew when it has its answer; a trial is the whole workload."),
  z
    .strictObject({ kind: z.literal("offline"), concurrency: z.int().min(1).max(1024).default(16), ...load })
    .describe("Everything is there from the start: greatest throughput."),
  z
    .strictObject({
      kind: z.literal("server"),
      rate: z.number().positive().max(10_000).describe("Requests a second."),
      ...arrivals,
      ...load,
      slo: sloSchema.optional(),
    })
    .describe("Requests arrive by themselves (open loop); latency counts from the intended arrival."),
  z
    .strictObject({
      kind: z.literal("max-rate"),
      slo: sloSchema,
      arrivals: z.enum(["poisson", "constant"]).default("poisson"),
      start_rate: z.number().positive().default(1),
      precision: z.number().min(0.01).max(0.5).default(0.1).describe("Ratio at which the search ends."),
      ...load,
    })
    .describe("The greatest rate at which the server scenario keeps its slo, by search."),
]);
export type ScenarioDefinition = z.infer<typeof scenarioSchema>;
export type ScenarioKind = ScenarioDefinition["kind"];
export type ScenarioOf<Kind extends ScenarioKind> = Extract<ScenarioDefinition, { kind: Kind }>;
