import { expect, test } from "vitest";
import { type CloudEvent, typeOf } from "../events/envelope.ts";
import { eventLine } from "./event-line.ts";

const event = (name: Parameters<typeof typeOf>[0], data: unknown): CloudEvent => ({
  specversion: "1.0",
  id: "1",
  source: "/humhelix/local/1/transcription",
  type: typeOf(name),
  subject: "transcription/job-1",
  time: "2026-01-02T03:04:05.678Z",
  datacontenttype: "application/json",
  dataschema: "urn:humhelix:schema:x:v1",
  sequence: "0000000000000001",
  partitionkey: "job-1",
  data,
});

test("a transcript's event shows its time, name, request and text", () => {
  expect(eventLine(event("transcription.completed", { request_id: "job-1", text: " Hello. " }))).toBe(
    '03:04:05.678  transcription.completed   job-1  "Hello."',
  );
});

test("a failure shows its code and message, anything else its plain values", () => {
  const failed = event("transcription.failed", { attempt: 1, error: { code: "bad_audio", message: "no media" } });
  expect(eventLine(failed)).toMatch(/job-1 {2}bad_audio: no media$/);
  const loaded = event("model.loaded", { model: "base", load_s: 1.23456, request_id: "request-1", job_id: "job-1" });
  expect(eventLine(loaded)).toMatch(/job-1 {2}model=base load_s=1\.235$/);
});

test("control characters of a message do not reach the terminal, and long lines are cut", () => {
  const failed = event("transcription.failed", { error: { code: "internal", message: `\u001b[2J${"x".repeat(500)}` } });
  const line = eventLine(failed);
  expect(line).not.toMatch(/\p{Cc}/u);
  expect(line.length).toBeLessThan(250);
});
