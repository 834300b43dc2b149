/** The documents of a result file: one `run`, a `trial` each, one `run-end`; what is derived from them is stored nowhere. */
import { z } from "zod";
import { runConfigSchema, runParameters } from "../definition/run-config.ts";
import { definitionSchema } from "../definition/schema.ts";
import { workloadItemSchema } from "../workloads/item.ts";

export const resultVersion = "hum-helix/benchmark-result@1";

const seconds = z.number();
const nullable = <Schema extends z.ZodType>(schema: Schema) => schema.nullable();

/** What a number of that machine can be compared with; the key hashes only what makes a difference to speed. */
export const environmentSchema = z.object({
  os: z.string(),
  kernel: z.string(),
  arch: z.string(),
  cpu_model: z.string(),
  /** Those that this process may use. */
  cpus: z.int(),
  memory_bytes: z.number(),
  gpus: z.array(z.string()),
  /** Whether it is a container, a virtual machine; what governs the clock; null where it cannot be told. */
  container: z.boolean(),
  virtual: nullable(z.string()),
  governor: nullable(z.string()),
  host: z.string(),
});
export type Environment = z.infer<typeof environmentSchema>;

export const provenanceSchema = z.object({
  hum_helix: z.string(),
  /** Of the checkout; null outside of one. */
  commit: nullable(z.string()),
  dirty: nullable(z.boolean()),
  node: z.string(),
  /** Of the Python that computes, by package. */
  packages: z.record(z.string(), z.string()).default({}),
  command: z.array(z.string()),
  definition_file: nullable(z.string()),
  /** Before the first trial: what else was running would disturb. */
  load_average: z.array(z.number()),
});
export type Provenance = z.infer<typeof provenanceSchema>;

export const runConfigRecordSchema = z.object({
  config_key: z.string(),
  /** For people: the SUT and what tells it from the others, such as `hum-helix base beam_size=5`. */
  label: z.string(),
  sut: z.string(),
  run_config: runConfigSchema,
  /** Not empty: the SUT cannot be told these, so there are no trials of it. */
  unsupported: z.array(z.enum(runParameters as [string, ...string[]])),
  /** The config_key of the one in this run that it is compared with; null for a baseline, and where there is none. */
  baseline: nullable(z.string()),
  /** Of an A/A test: the config_key of the one that it is again. It tells what this machine cannot tell apart. */
  twin_of: nullable(z.string()),
});
export type RunConfigRecord = z.infer<typeof runConfigRecordSchema>;

export const runRecordSchema = z.object({
  kind: z.literal("run"),
  schema: z.literal(resultVersion),
  run_id: z.string(),
  /** 0; each time that the run is taken up again writes another of these documents with the next number. */
  session: z.int(),
  name: z.string(),
  started: z.iso.datetime(),
  /** Equal plans are comparable: of the scenario, the protocol, the run configs and the items. */
  plan_hash: z.string(),
  definition: definitionSchema,
  configs: z.array(runConfigRecordSchema),
  items: z.array(workloadItemSchema),
  environment: environmentSchema,
  environment_key: z.string(),
  provenance: provenanceSchema,
});
export type RunRecord = z.infer<typeof runRecordSchema>;

const failureSchema = z.object({ code: z.string(), message: z.string() });
const trialStatuses = ["ok", "error", "timeout", "invalid"] as const;

const outputSchema = z.object({
  /** The raw hypothesis: a new normalizer needs no new run. */
  text: z.string(),
  language: nullable(z.string()),
  segments: nullable(z.array(z.object({ start: seconds, end: seconds, text: z.string() }))),
});

/** One request of a trial that has many. */
const requestSchema = z.object({
  item: z.string(),
  intended_s: seconds,
  sent_s: seconds,
  done_s: seconds,
  first_segment_s: nullable(seconds),
  status: z.enum(trialStatuses),
  error: nullable(failureSchema),
  text: nullable(z.string()),
});

export const trialRecordSchema = z.object({
  kind: z.literal("trial"),
  run_id: z.string(),
  trial_id: z.string(),
  session: z.int(),
  config_key: z.string(),
  sut: z.string(),
  run_config: runConfigSchema,
  scenario: z.string(),
  /** `item` is the key of an item, null where a trial is the whole workload; seconds of audio in all. */
  workload: z.object({ item: nullable(z.string()), requests: z.int(), audio_s: seconds }),
  /** Does not count in any comparison. */
  warmup: z.boolean(),
  iteration: z.int(),
  /** What was run next to each other, one trial of each run config; `position` is the place in it. */
  block: z.string(),
  position: z.int(),
  started: z.iso.datetime(),
  timing: z.object({
    /** From the run's start, by a monotonic clock: where in a drift it was. */
    offset_s: seconds,
    /** From the first request's intended arrival to the last answer. */
    total_s: seconds,
    /** Of a single request; null where there are many. */
    latency_s: nullable(seconds),
    first_segment_s: nullable(seconds),
    /** The cold path, of the trial that had the SUT started for it. */
    process_start_s: nullable(seconds),
    load_s: nullable(seconds),
    /** What the SUT told of its stages, in seconds. */
    stages: z.record(z.string(), seconds),
  }),
  /** Numbers by name: rtf, rtfx, wer, cer, words, errors, cpu_s, rss_peak_bytes, latency_p95_s, ...; null where not measurable. */
  metrics: z.record(z.string(), nullable(z.number())),
  /** Which normalizer the metrics above were scored with; several, by language, with commas between them. */
  normalizer: z.string(),
  /** Of a single request that was answered. */
  output: nullable(outputSchema),
  /** Of a trial of many requests; empty otherwise. */
  requests: z.array(requestSchema),
  search: nullable(
    z.object({
      sustainable_rate: z.number(),
      probes: z.array(
        z.object({ rate: z.number(), requests: z.int(), latency_s: nullable(seconds), kept: z.boolean() }),
      ),
    }),
  ),
  /** What makes the measurement itself doubtful, such as a harness that sent its requests late. */
  doubts: z.array(z.string()),
  /** What reproduces the SUT that answered: versions, weights. */
  sut_facts: z.record(z.string(), z.string()),
  status: z.enum(trialStatuses),
  error: nullable(failureSchema),
});
export type TrialRecord = z.infer<typeof trialRecordSchema>;

export const runEndRecordSchema = z.object({
  kind: z.literal("run-end"),
  run_id: z.string(),
  session: z.int(),
  ended: z.iso.datetime(),
  status: z.enum(["complete", "interrupted", "failed"]),
  /** Of `failed`: what ended the run. */
  error: nullable(failureSchema),
  /** Trial documents in the file by now, of all sessions, warm-up included. */
  trials: z.int(),
  /** The harness's own cost: processor seconds of this process over the session's wall-clock seconds. */
  harness_cpu_s: seconds,
  wall_s: seconds,
});
export type RunEndRecord = z.infer<typeof runEndRecordSchema>;

export const resultDocumentSchema = z.discriminatedUnion("kind", [
  runRecordSchema,
  trialRecordSchema,
  runEndRecordSchema,
]);
export type ResultDocument = z.infer<typeof resultDocumentSchema>;
