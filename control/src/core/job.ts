/** The Job noun: what is submitted, and the JobEvents that every consumer of it sees. */
import { z } from "zod";
import type { HumError } from "./errors.ts";
import type { JobOptions } from "./options.ts";
import type { ModelIdentity, Segment, Transcript } from "./transcript.ts";

/** More audio than this lies in a scratch file, and crosses the wire by path. */
export const maxMemoryBytes = 1024 * 1024;

/** Where audio bytes lie: in memory up to `maxMemoryBytes`, else a region of a scratch file. Offsets and lengths in bytes. */
export type ByteSource =
  | { kind: "memory"; data: Uint8Array }
  | { kind: "file"; path: string; offset: number; length: number };

const rawEncodings = ["s16le", "s16be", "s24le", "s32le", "f32le", "f64le", "u8", "mulaw", "alaw"] as const;

/** What headerless samples are, as their sender declared; `sample_rate` in Hz. */
export const rawPcmSchema = z.object({
  encoding: z.enum(rawEncodings),
  sample_rate: z.int().min(4_000).max(384_000),
  channels: z.int().min(1).max(8),
});
export type RawPcm = z.infer<typeof rawPcmSchema>;

/** `pcm_s16le` is 16 kHz mono, what engines take as it is; `media` is untrusted and goes through a decoder first. */
export interface Audio {
  format: "pcm_s16le" | "media";
  /** Set where `media` is headerless samples. */
  raw: RawPcm | null;
  source: ByteSource;
  /** Of the bytes as the client sent them. */
  sha256: string;
  bytes: number;
  mediaType: string;
  /** Null until decoded. */
  durationS: number | null;
}

/** What a client may call its request. */
export const requestIdPattern = /^[\w.:+=@/-]{1,128}$/;

export const priorities = ["live", "interactive", "batch"] as const;
export type Priority = (typeof priorities)[number];

export interface Job {
  /** Ours, never a client's choice: it names scratch files and is the event feed's subject and partition key. */
  id: string;
  /** What the client calls its request, the feed's `correlationid`; the job's own id where it called it nothing. */
  requestId: string;
  /** The id of the command that asked for it, the feed's `causationid`; null where it came by HTTP. */
  causationId: string | null;
  /** W3C Trace Context of whoever asked; null where there was none. */
  traceparent: string | null;
  audio: Audio;
  /** Canonical catalogue name: aliases are resolved before a job exists. */
  model: string;
  options: JobOptions;
  priority: Priority;
  /** On the monotonic clock, in milliseconds; null for none. */
  deadlineMs: number | null;
  /** The only way to cancel. */
  signal: AbortSignal;
}

/**
 * What happens to a job, in order: queued, started, segment*, then exactly one of done or failed. An attempt after the
 * first tells started again.
 * `restarted` tells that a later attempt differs from what was told: segments from `from_index` on are void.
 */
export type JobEvent =
  | { type: "queued"; position: number }
  | { type: "started"; attempt: number; slot: string; queue_s: number; duration_s: number; model: ModelIdentity }
  | { type: "restarted"; attempt: number; from_index: number }
  | { type: "segment"; attempt: number; index: number; segment: Segment }
  | { type: "done"; attempt: number; transcript: Transcript }
  | { type: "failed"; attempt: number; error: HumError };

/**
 * Sees every event of every job, in order. Resolves when the event is safe, whatever happens next; rejects with a HumError
 * where it cannot be made safe.
 */
export type JobObserver = (job: Job, event: JobEvent) => Promise<void>;
