import { expect, test } from "vitest";
import { HumError } from "../core/errors.ts";
import type { Job, JobEvent } from "../core/job.ts";
import { defaultOptions } from "../core/options.ts";
import type { Segment, Transcript } from "../core/transcript.ts";
import { dataSchemas } from "./catalogue.ts";
import { describe } from "./transcription.ts";

const model = { name: "base", revision: "r1", engine: "faster-whisper", device: "cpu", compute_type: "int8" };

const segment: Segment = {
  id: 0,
  seek: 0,
  start: 0,
  end: 2.5,
  text: " Ask not.",
  tokens: [1, 2],
  temperature: 0,
  avg_logprob: -0.2,
  compression_ratio: 1.1,
  no_speech_prob: 0.01,
  words: null,
};

const transcript: Transcript = {
  text: "Ask not.",
  task: "transcribe",
  language: "en",
  language_probability: 0.9,
  duration_s: 10,
  segments: [segment],
  model,
  queue_s: 0.1,
  decode_s: 0,
  processing_s: 2,
};

const jobWith = (signal: AbortSignal): Job => ({
  id: "job-1",
  requestId: "request-1",
  causationId: null,
  traceparent: null,
  audio: {
    format: "media",
    raw: null,
    source: { kind: "memory", data: new Uint8Array(4) },
    sha256: "ab",
    bytes: 4,
    mediaType: "audio/mpeg",
    durationS: null,
  },
  model: "base",
  options: { ...defaultOptions, language: "en" },
  priority: "interactive",
  deadlineMs: null,
  signal,
});
const job = jobWith(new AbortController().signal);

const started: JobEvent = { type: "started", attempt: 1, slot: "engine-0", queue_s: 0.1, duration_s: 10, model };

const cases: { event: JobEvent; name: string; data: Record<string, unknown> }[] = [
  {
    event: { type: "queued", position: 3 },
    name: "transcription.requested",
    data: {
      audio: { sha256: "ab", bytes: 4, media_type: "audio/mpeg", duration_s: null },
      model: "base",
      task: "transcribe",
      language: "en",
      options: job.options,
      priority: "interactive",
    },
  },
  {
    event: started,
    name: "transcription.started",
    data: {
      attempt: 1,
      audio: { sha256: "ab", bytes: 4, media_type: "audio/mpeg", duration_s: 10 },
      model,
      slot: "engine-0",
      queue_s: 0.1,
    },
  },
  {
    event: { type: "restarted", attempt: 2, from_index: 1 },
    name: "transcription.restarted",
    data: { attempt: 2, from_index: 1 },
  },
  {
    event: { type: "segment", attempt: 1, index: 0, segment },
    name: "transcription.segment",
    data: {
      attempt: 1,
      index: 0,
      start: 0,
      end: 2.5,
      text: " Ask not.",
      avg_logprob: -0.2,
      no_speech_prob: 0.01,
      compression_ratio: 1.1,
      temperature: 0,
      words: [],
    },
  },
  {
    event: { type: "done", attempt: 1, transcript },
    name: "transcription.completed",
    data: {
      attempt: 1,
      text: "Ask not.",
      language: "en",
      language_probability: 0.9,
      audio_s: 10,
      processing_s: 2,
      queue_s: 0.1,
      rtf: 0.2,
      model,
      usage: { type: "duration", seconds: 10 },
    },
  },
  {
    event: { type: "failed", attempt: 3, error: new HumError("sidecar_lost", "it is gone", { stage: "transcribe" }) },
    name: "transcription.failed",
    data: {
      attempt: 3,
      error: { code: "sidecar_lost", message: "it is gone", retryable: true, stage: "transcribe" },
    },
  },
  {
    event: { type: "failed", attempt: 1, error: new HumError("cancelled", "gave up") },
    name: "transcription.cancelled",
    data: { attempt: 1, reason: "gave up", by: "node" },
  },
];

test.each(cases)("$event.type is told as $name, in just the fields of its schema", ({ event, name, data }) => {
  const told = describe(job, event);
  expect(told).toEqual({ name, data: { request_id: "request-1", job_id: "job-1", ...data } });
  expect(dataSchemas[told.name].strict().parse(told.data)).toEqual(told.data);
});

test("a job whose client has left is cancelled by the client", () => {
  const left = jobWith(AbortSignal.abort());
  const event: JobEvent = { type: "failed", attempt: 1, error: new HumError("cancelled", "the client left") };
  expect(describe(left, event).data).toMatchObject({ by: "client", reason: "the client left" });
});

test("audio of no length has no real-time factor", () => {
  const event: JobEvent = { type: "done", attempt: 1, transcript: { ...transcript, duration_s: 0 } };
  expect(describe(job, event).data).toMatchObject({ rtf: null, audio_s: 0 });
});
