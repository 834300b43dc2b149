/** The protocol between control plane and sidecars: two discriminated unions. proto/README.md is its prose. */
import { z } from "zod";
import { errorCodes, stages } from "../core/errors.ts";
import { maxMemoryBytes, rawPcmSchema } from "../core/job.ts";
import { jobOptionsSchema } from "../core/options.ts";
import { modelIdentitySchema, segmentSchema } from "../core/transcript.ts";

/** A different major is refused; a minor only adds. */
export const protocolVersion = { major: 2, minor: 0 };

const uint32 = z.int().min(0).max(0xffff_ffff);
const id = z.string().min(1).max(128);

/** The bytes of a job: the payload frame where `path` is null, else `length` bytes of a file from `offset`. */
const bytesRef = z.object({ path: z.string().nullable(), offset: uint32, length: uint32 });

const load = z.object({
  type: z.literal("load"),
  model: z.string(),
  revision: z.string(),
  engine: z.string(),
  /** Directory of the weights; empty for engines that have none. */
  path: z.string(),
  device: z.enum(["auto", "cpu", "cuda"]),
  compute_type: z.string(),
  /** 0 means one per core. */
  workers: uint32,
  threads_per_worker: uint32.min(1),
  /** Threads of a second copy of the model, which encodes while only one job is under way; 0 for none. */
  encode_threads: uint32,
  /** Largest number of jobs in one engine call; 0 leaves it to the engine. */
  max_batch: uint32,
  /** The credit to announce; 0 leaves it to the engine. */
  slots: uint32,
});

const job = z.object({
  type: z.literal("job"),
  id,
  attempt: uint32.min(1),
  priority: z.enum(["live", "interactive", "batch"]),
  /** Seconds left from now, null for none. */
  deadline_s: z.number().nullable(),
  /** PCM s16le, 16 kHz, mono. */
  audio: bytesRef,
  options: jobOptionsSchema,
});

const decode = z.object({
  type: z.literal("decode"),
  id,
  audio: bytesRef,
  /** Longer audio is refused with too_large while it is decoded. */
  max_duration_s: z.number().positive(),
  /** Processor time of this decode; more is refused with too_large. */
  max_cpu_s: z.number().positive(),
  /** What headerless samples are; null where the bytes say themselves what they are. */
  raw: rawPcmSchema.nullable(),
  /** Where PCM goes that does not fit the payload frame; the sidecar creates this file, the control plane removes it. */
  output_path: z.string(),
});

const cancel = z.object({ type: z.literal("cancel"), id });
const ping = z.object({ type: z.literal("ping"), seq: uint32 });
const stop = z.object({ type: z.literal("stop") });

export const toSidecarSchema = z.discriminatedUnion("type", [load, job, decode, cancel, ping, stop]);
export type ToSidecar = z.infer<typeof toSidecarSchema>;

export const roles = ["engine", "decoder"] as const;
export type Role = (typeof roles)[number];

const hello = z.object({
  type: z.literal("hello"),
  protocol: z.object({ major: uint32, minor: uint32 }),
  role: z.enum(roles),
  pid: uint32,
  /** Library name to version, for events and doctor. */
  versions: z.record(z.string(), z.string()),
});

const ready = z.object({
  type: z.literal("ready"),
  /** The credit: never more jobs in flight than this. */
  slots: uint32.min(1),
  /** Null for a decoder. */
  model: modelIdentitySchema.nullable(),
  load_s: z.number(),
  /** A float, since it may pass 32 bits. */
  memory_bytes: z.number(),
});

const started = z.object({ type: z.literal("started"), id, attempt: uint32.min(1) });

const segment = z.object({
  type: z.literal("segment"),
  id,
  attempt: uint32.min(1),
  index: uint32,
  segment: segmentSchema,
});

const decoded = z.object({
  type: z.literal("decoded"),
  id,
  /** PCM s16le, 16 kHz, mono: the payload frame where `path` is null. */
  audio: bytesRef,
  duration_s: z.number(),
  /** Short name of the demuxer that took it, such as "mp3". */
  container: z.string(),
});

const done = z.object({
  type: z.literal("done"),
  id,
  attempt: uint32.min(1),
  language: z.string(),
  language_probability: z.number(),
  duration_s: z.number(),
  processing_s: z.number(),
});

const failed = z.object({
  type: z.literal("failed"),
  /** Null where the whole process failed, such as a model that cannot be loaded. */
  id: id.nullable(),
  attempt: uint32,
  error: z.object({ code: z.enum(errorCodes), message: z.string(), retryable: z.boolean(), stage: z.enum(stages) }),
});

const pong = z.object({
  type: z.literal("pong"),
  seq: uint32,
  /** How long the oldest running engine call or decoding step runs; null while none does. */
  oldest_call_s: z.number().nullable(),
});
const bye = z.object({ type: z.literal("bye"), reason: z.string() });

const metrics = z.object({
  type: z.literal("metrics"),
  /** Since the process started. */
  jobs_done: uint32,
  jobs_failed: uint32,
  /** Engine calls, and the jobs' calls that they answered: the second over the first is the mean batch. */
  engine_calls: uint32,
  engine_calls_answered: uint32,
  audio_s: z.number(),
  busy_s: z.number(),
  rss_bytes: z.number(),
});

export const fromSidecarSchema = z.discriminatedUnion("type", [
  hello,
  ready,
  started,
  segment,
  decoded,
  done,
  failed,
  pong,
  bye,
  metrics,
]);
export type FromSidecar = z.infer<typeof fromSidecarSchema>;

/** Audio up to this many bytes travels as the payload frame, anything larger by path. */
export const maxPayloadBytes = maxMemoryBytes;
