/** Every event type of the feed, as `<noun>.<verb>`: its stream and the schema of its data. */
import { z } from "zod";
import { errorCodes, stages } from "../core/errors.ts";
import { priorities } from "../core/job.ts";
import { jobOptionsSchema } from "../core/options.ts";
import { modelIdentitySchema, wordSchema } from "../core/transcript.ts";

/** One stream, and one run of sequence numbers, for each. */
export const streamNames = ["transcription", "system", "benchmark"] as const;
export type StreamName = (typeof streamNames)[number];

const count = z.int().min(0);
const seconds = z.number().min(0);
const id = z.string().min(1);
const attempt = z.int().min(0);

/** `job_id` is ours and unique; `request_id` is the client's where it sent one, and may come again. */
const ids = { request_id: id, job_id: id };

const audio = z.object({
  sha256: z.string(),
  bytes: count,
  media_type: z.string(),
  /** Null until decoded. */
  duration_s: seconds.nullable(),
});

const failure = z.object({
  code: z.enum(errorCodes),
  message: z.string(),
  retryable: z.boolean(),
  stage: z.enum(stages),
});

const transcription = {
  "transcription.requested": z.object({
    ...ids,
    audio,
    model: z.string(),
    task: z.enum(["transcribe", "translate"]),
    /** Null asks the engine to detect it. */
    language: z.string().nullable(),
    options: jobOptionsSchema,
    priority: z.enum(priorities),
  }),
  "transcription.started": z.object({
    ...ids,
    attempt,
    audio,
    model: modelIdentitySchema,
    slot: z.string(),
    queue_s: seconds,
  }),
  /** Segments from `from_index` on are void: a later attempt told something else. */
  "transcription.restarted": z.object({ ...ids, attempt, from_index: count }),
  "transcription.segment": z.object({
    ...ids,
    attempt,
    index: count,
    start: z.number(),
    end: z.number(),
    text: z.string(),
    avg_logprob: z.number(),
    no_speech_prob: z.number(),
    compression_ratio: z.number(),
    temperature: z.number(),
    /** Empty unless word timestamps were asked for. */
    words: z.array(wordSchema),
  }),
  "transcription.completed": z.object({
    ...ids,
    attempt,
    text: z.string(),
    language: z.string(),
    language_probability: z.number(),
    audio_s: seconds,
    processing_s: seconds,
    queue_s: seconds,
    /** processing_s / audio_s; null for audio of no length. */
    rtf: z.number().nullable(),
    model: modelIdentitySchema,
    usage: z.object({ type: z.literal("duration"), seconds }),
  }),
  "transcription.failed": z.object({ ...ids, attempt, error: failure }),
  "transcription.cancelled": z.object({
    ...ids,
    attempt,
    reason: z.string(),
    /** `client` left or asked for it; `node` gave up on its own. */
    by: z.enum(["client", "node"]),
  }),
};

/** May be dropped by a bus that is slow; all others are kept until it has them. */
const ephemeral = {
  "transcription.progress": z.object({ ...ids, processed_s: seconds, total_s: seconds }),
  "transcription.partial": z.object({
    ...ids,
    text: z.string(),
    stable_text: z.string(),
    revision: count,
  }),
};

const exit = { exit_code: z.int().nullable(), signal: z.string().nullable() };
const process = { slot: z.string(), pid: z.int().nullable() };
const placement = { device: z.string(), compute_type: z.string() };
const node = z.object({
  version: z.string(),
  /** Jobs that can run at once. */
  capacity: count,
  /** Events not yet on the bus. */
  spool_depth: count,
});

const system = {
  "model.loading": z.object({ model: z.string(), ...placement }),
  "model.loaded": z.object({ model: z.string(), ...placement, load_s: seconds, memory_bytes: z.number() }),
  "model.unloaded": z.object({ model: z.string(), ...placement, reason: z.string() }),
  "model.load_failed": z.object({ model: z.string(), ...placement, reason: z.string() }),
  "sidecar.started": z.object(process),
  "sidecar.ready": z.object({ ...process, versions: z.record(z.string(), z.string()) }),
  /** `inflight`: the `job_id` of each job that it took with it. */
  "sidecar.crashed": z.object({ ...process, ...exit, inflight: z.array(z.string()) }),
  "sidecar.restarted": z.object({ ...process, backoff_s: seconds }),
  "sidecar.quarantined": z.object({ ...process, ...exit }),
  "sidecar.stopped": z.object({ ...process, ...exit }),
  "node.started": node,
  "node.draining": node,
  "node.stopped": node,
  "node.overloaded": node,
  "delivery.degraded": z.object({ sink: z.string(), oldest_age_s: seconds, depth: count }),
  "delivery.recovered": z.object({ sink: z.string(), oldest_age_s: seconds, depth: count }),
};

const run = { run_id: id, plan_hash: z.string(), config: z.string() };
const score = { rtfx: z.number().nullable(), wer: z.number().nullable() };

const benchmark = {
  "benchmark.run.started": z.object(run),
  "benchmark.run.completed": z.object({ ...run, ...score }),
  "benchmark.trial.completed": z.object({ ...run, ...score }),
};

export const dataSchemas = { ...transcription, ...ephemeral, ...system, ...benchmark };

/** `<noun>.<verb>`, such as `transcription.completed`. */
export type EventName = keyof typeof dataSchemas;
export type EventData<Name extends EventName> = z.infer<(typeof dataSchemas)[Name]>;
export type TranscriptionEventName = keyof typeof transcription;
export type SystemEventName = keyof typeof system;

export const eventNames = Object.keys(dataSchemas) as EventName[];

export function streamOf(name: EventName): StreamName {
  if (name in system) return "system";
  return name in benchmark ? "benchmark" : "transcription";
}

/** `transcription.completed` -> `transcription`; `benchmark.run.started` -> `benchmark.run`. */
export const nounOf = (name: EventName): string => name.slice(0, name.lastIndexOf("."));
