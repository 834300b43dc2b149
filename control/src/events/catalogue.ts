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
const attempt = z.int().min(0).describe("From 1, and one more each time the job is run again; 0 where it never ran.");
const modelName = z.string().describe("Canonical name of the catalogue.");

const ids = {
  request_id: id.describe(
    "What the client calls its request; may come again. The job's own id where it called it nothing.",
  ),
  job_id: id.describe("Ours, and unique."),
};

const audio = z.object({
  sha256: z.string().describe("Of the bytes as they came."),
  bytes: count,
  media_type: z.string(),
  duration_s: seconds.nullable().describe("Null until decoded."),
});

/** Values that later versions add to: consumers of the published schema must expect ones they do not know. */
const growing = { growing: true };

const failure = z.object({
  code: z.enum(errorCodes).meta({ ...growing, description: "One of proto/errors.json; more may come." }),
  message: z.string(),
  retryable: z.boolean(),
  stage: z.enum(stages).meta({ ...growing, description: "Where in the job's path it happened; more may come." }),
});

const transcription = {
  "transcription.requested": z.object({
    ...ids,
    audio,
    model: modelName,
    task: z.enum(["transcribe", "translate"]),
    language: z.string().nullable().describe("ISO 639-1; null asks the engine to detect it."),
    options: jobOptionsSchema,
    priority: z.enum(priorities),
  }),
  "transcription.started": z.object({
    ...ids,
    attempt,
    audio,
    model: modelIdentitySchema,
    slot: z.string(),
    queue_s: seconds.describe("Waited for its turn."),
  }),
  "transcription.restarted": z.object({
    ...ids,
    attempt,
    from_index: count.describe("Segments from this index on are void: a later attempt told something else."),
  }),
  "transcription.segment": z.object({
    ...ids,
    attempt,
    index: count.describe("From 0, without a gap."),
    start: z.number().describe("Seconds from the start of the audio."),
    end: z.number().describe("Seconds from the start of the audio."),
    text: z.string(),
    avg_logprob: z.number().describe("Mean log-probability of the tokens; -1000 where the engine lost it."),
    no_speech_prob: z.number(),
    compression_ratio: z.number(),
    temperature: z.number(),
    words: z
      .array(wordSchema)
      .nullable()
      .describe("Empty unless word timestamps were asked for; null where they would pass the size of an event."),
  }),
  "transcription.completed": z.object({
    ...ids,
    attempt,
    text: z.string().nullable().describe("The whole transcript; null where it would pass the size of an event."),
    language: z.string().describe("ISO 639-1."),
    language_probability: z.number(),
    audio_s: seconds.describe("Length of the audio."),
    processing_s: seconds.describe("Time in the engine."),
    queue_s: seconds.describe("Waited for its turn."),
    rtf: z.number().nullable().describe("processing_s / audio_s; null for audio of no length."),
    model: modelIdentitySchema,
    usage: z.object({ type: z.literal("duration"), seconds }),
  }),
  "transcription.failed": z.object({ ...ids, attempt, error: failure }),
  "transcription.cancelled": z.object({
    ...ids,
    attempt,
    reason: z.string(),
    by: z.enum(["client", "node"]).describe("`client` left or asked for it; `node` gave up on its own."),
  }),
};

const ephemeral = {
  "transcription.progress": z.object({
    ...ids,
    processed_s: seconds.describe("Audio that is transcribed."),
    total_s: seconds.describe("Audio in all."),
  }),
  "transcription.partial": z.object({
    ...ids,
    text: z.string().describe("What is heard so far; may still change."),
    stable_text: z.string().describe("The beginning of `text` that will not change."),
    revision: count.describe("Rises with each partial of a job."),
  }),
};

const pid = z.int().nullable().describe("Null where no process runs.");
const exit = {
  exit_code: z.int().nullable().describe("Null where a signal ended it."),
  signal: z.string().nullable().describe("Such as SIGKILL; null where it ended by itself."),
};
const process = { slot: z.string(), pid };
const placement = {
  device: z.string().describe("Such as cpu or cuda:0."),
  compute_type: z.string().describe("Such as int8 or float16."),
};
const node = z.object({
  version: z.string(),
  capacity: count.describe("Jobs that can run at once."),
  spool_depth: count.describe("Events that a sink still waits for."),
});
const delivery = z.object({
  sink: z.string().describe("Its name in the configuration."),
  oldest_age_s: seconds.describe("Age of the oldest event that the sink still waits for."),
  depth: count.describe("Events that the sink still waits for."),
  reason: z.string().nullable().describe("What the bus answered last; null where it said nothing."),
});

const system = {
  "model.loading": z.object({ model: modelName, ...placement }),
  "model.loaded": z.object({ model: modelName, ...placement, load_s: seconds, memory_bytes: z.number() }),
  "model.unloaded": z.object({ model: modelName, ...placement, reason: z.string() }),
  "model.load_failed": z.object({ model: modelName, ...placement, reason: z.string() }),
  "sidecar.started": z.object(process),
  "sidecar.ready": z.object({
    ...process,
    versions: z.record(z.string(), z.string()).describe("Library name to version."),
  }),
  "sidecar.crashed": z.object({
    ...process,
    ...exit,
    inflight: z.array(z.string()).max(1024).describe("The job_id of each job that it took with it."),
  }),
  "sidecar.restarted": z.object({ ...process, backoff_s: seconds.describe("Waited before this start.") }),
  "sidecar.quarantined": z.object({ ...process, ...exit }),
  "sidecar.stopped": z.object({ ...process, ...exit }),
  "node.started": node,
  "node.draining": node,
  "node.stopped": node,
  "node.overloaded": node,
  "delivery.degraded": delivery,
  "delivery.recovered": delivery,
  "delivery.dropped": z.object({
    sink: z.string().describe("Its name in the configuration."),
    events: z.int().min(1).describe("How many it will not get."),
    first_position: count.describe("Place in the spool of the first of them."),
    last_position: count.describe("Place in the spool of the last of them."),
  }),
};

const run = {
  run_id: id,
  plan_hash: z.string().describe("Of all that decides what is measured: equal plans, comparable runs."),
  config: z.string().describe("Name of the run configuration."),
};
const score = {
  rtfx: z.number().nullable().describe("Seconds of audio per second of processing; null where none was measured."),
  wer: z.number().nullable().describe("Word error rate, 0.1 for 10 %; null where none was measured."),
};

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
export type EphemeralEventName = keyof typeof ephemeral;

export const eventNames = Object.keys(dataSchemas) as EventName[];

export function streamOf(name: EventName): StreamName {
  if (name in system) return "system";
  return name in benchmark ? "benchmark" : "transcription";
}

/** Ephemeral events take no number, are not kept, and may be dropped by a bus that is slow; all others are durable. */
export const isEphemeral = (name: EventName): name is EphemeralEventName => name in ephemeral;

/**
 * What becomes null, in this order, where an event would be larger than `maxEventBytes`: paths into its data. Nothing
 * else in any event grows with the audio.
 */
export const sheddable: { readonly [Name in EventName]?: readonly string[] } = {
  "transcription.requested": ["options.initial_prompt", "options.prefix", "options.hotwords"],
  "transcription.segment": ["words"],
  "transcription.completed": ["text"],
};

/** `transcription.completed` -> `transcription`; `benchmark.run.started` -> `benchmark.run`. */
export const nounOf = (name: EventName): string => name.slice(0, name.lastIndexOf("."));
