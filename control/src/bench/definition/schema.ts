/** The benchmark definition: what is measured, on what, in which manner, and what would be wrong with it. */
import { z } from "zod";
import { normalizerNames } from "../score/normalize/normalizers.ts";
import { matrixSchema, runConfigSchema } from "./run-config.ts";
import { scenarioSchema } from "./scenario.ts";
import { sutSchema } from "./sut.ts";
import { workloadSchema } from "./workload.ts";

export const definitionVersion = "hum-helix/benchmark-definition@1";

const seconds = z.number().positive().max(2_147_483);

const protocolSchema = z.strictObject({
  warmup: z
    .int()
    .min(0)
    .max(100)
    .default(1)
    .describe("Trials of each run config that do not count, before the others."),
  min_trials: z.int().min(1).max(10_000).default(3).describe("Blocks of trials that are always run."),
  max_trials: z
    .int()
    .min(1)
    .max(10_000)
    .optional()
    .describe("Where a comparison is inconclusive after min_trials, blocks up to here are added."),
  order: z
    .enum(["abba", "sequential"])
    .default("abba")
    .describe("abba interleaves the run configs block by block; sequential runs one after the other and proves less."),
  isolation: z
    .enum(["resident", "fresh-process"])
    .default("resident")
    .describe("fresh-process starts the SUT anew for every trial, and splits the cold path."),
  max_resident: z.int().min(1).max(64).default(4).describe("SUTs that are kept running side by side."),
  seed: z.int().min(0).max(0xffff_ffff).default(1),
  start_timeout_s: seconds.default(120),
  trial_timeout_s: seconds.default(600),
});

const scoringSchema = z.strictObject({
  normalizer: z
    .enum(["auto", ...normalizerNames])
    .default("auto")
    .describe("auto takes hum-english@1 for English and whisper-basic@1 for all else."),
  cluster_by: z.enum(["none", "speaker"]).default("speaker").describe("What word errors are resampled by."),
});

/** A gate compares every run config with the baseline, or holds a metric to an absolute bound. */
const gateSchema = z.union([
  z.strictObject({
    metric: z.literal("speed"),
    tolerance: z.number().min(0.001).max(1).describe("0.05: up to 5 % slower than the baseline is no regression."),
  }),
  z.strictObject({
    metric: z.enum(["wer", "cer"]),
    tolerance: z.number().min(0).max(1).describe("0.005: half a point more errors than the baseline is no regression."),
  }),
  z.strictObject({
    metric: z.string().min(1).describe("Any metric of a trial's summary, such as wer, rtfx or latency_p95_s."),
    at_most: z.number().optional(),
    at_least: z.number().optional(),
  }),
]);
export type Gate = z.infer<typeof gateSchema>;

/** What the others are compared with: a run config of this run, or an earlier run. */
const baselineSchema = z.union([
  z.strictObject({
    sut: z.string().min(1).optional().describe("Name of a SUT of this definition."),
    config: runConfigSchema.default({}).describe("Parameters that tell the run config from the others."),
  }),
  z.strictObject({ run: z.string().min(1).describe("A result file, relative to this file.") }),
]);

export const definitionSchema = z.strictObject({
  schema: z.literal(definitionVersion),
  name: z.string().regex(/^[\w.-]{1,64}$/, "1 to 64 letters, digits, '.', '_' or '-'"),
  description: z.string().optional(),
  workloads: z.array(workloadSchema).min(1),
  suts: z.array(sutSchema).min(1),
  matrix: matrixSchema.optional().describe("Each combination of these values is a run config."),
  exclude: z.array(runConfigSchema).default([]).describe("Run configs that have all of these values are left out."),
  include: z
    .array(
      z.strictObject({
        config: runConfigSchema,
        workloads: z.array(z.string()).min(1).optional().describe("Only on these workloads; without it on all."),
      }),
    )
    .default([])
    .describe("Run configs beside those of the matrix, or all of them where there is no matrix."),
  scenario: scenarioSchema.default({ kind: "single-stream" }),
  protocol: protocolSchema.prefault({}),
  decoding: runConfigSchema.default({}).describe("Parameters that are the same in every run config."),
  scoring: scoringSchema.prefault({}),
  capture: z.array(z.enum(["cpu", "rss", "gpu"])).default(["cpu", "rss"]),
  baseline: baselineSchema.optional(),
  gates: z.array(gateSchema).default([]),
});
export type Definition = z.infer<typeof definitionSchema>;
