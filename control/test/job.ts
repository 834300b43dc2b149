/** A job for tests that run none: a second of audio without a byte. */
import type { Audio, Job } from "../src/core/job.ts";
import { defaultOptions } from "../src/core/options.ts";

export function testJob(id: string, more: Partial<Omit<Job, "audio">> & { audio?: Partial<Audio> } = {}): Job {
  const audio: Audio = {
    format: "pcm_s16le",
    raw: null,
    source: { kind: "memory", data: new Uint8Array() },
    sha256: "",
    bytes: 0,
    mediaType: "audio/wav",
    durationS: 1,
    ...more.audio,
  };
  return {
    id,
    requestId: id,
    causationId: null,
    traceparent: null,
    model: "base",
    options: defaultOptions,
    priority: "interactive",
    deadlineMs: null,
    signal: new AbortController().signal,
    ...more,
    audio,
  };
}
