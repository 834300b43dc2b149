import { describe, expect, test } from "vitest";
import { commandSchema } from "./commands.ts";

const envelope = { specversion: "1.0", id: "command-1", source: "urn:example:archive" };
const request = (data: unknown) => ({ ...envelope, type: "io.humhelix.transcription.request.v1", data });
const cancel = (data: unknown) => ({ ...envelope, type: "io.humhelix.transcription.cancel.v1", data });
const accepts = (command: unknown) => commandSchema.safeParse(command).success;

const audio = { path: "/srv/audio/a.wav" };
const mebibyte = Buffer.alloc(1024 * 1024).toString("base64");

describe("a request", () => {
  test("needs audio only", () => {
    expect(commandSchema.parse(request({ audio })).data).toEqual({ audio });
  });

  test.each([
    ["nothing", {}],
    ["two ways", { ...audio, url: "https://example.org/a.wav" }],
    ["a path that is relative", { path: "a.wav" }],
    ["a URL of another protocol", { url: "file:///etc/passwd" }],
    ["bytes of no type", { data: "AAAA" }],
    ["bytes that are no base64", { data: "A*", media_type: "audio/wav" }],
    ["more than 1 MiB", { data: `${mebibyte}AAAA`, media_type: "audio/wav" }],
  ])("is refused whose audio is %s", (_, given) => {
    expect(accepts(request({ audio: given }))).toBe(false);
  });

  test("may bring 1 MiB with it", () => {
    expect(accepts(request({ audio: { data: mebibyte, media_type: "audio/ogg; codecs=opus" } }))).toBe(true);
  });

  test.each([
    ["a field that nobody knows", { lang: "de" }],
    ["an option that nobody knows", { options: { beams: 5 } }],
    ["an option out of its bounds", { options: { beam_size: 65 } }],
    ["the task among the options", { options: { task: "translate" } }],
    ["a setting of the VAD that nobody knows", { options: { vad_parameters: { loudness: 1 } } }],
    ["a priority that nobody knows", { priority: "urgent" }],
    ["a deadline without a time zone", { deadline: "2026-11-22T12:00:00" }],
    ["a request id with a space", { request_id: "my request" }],
  ])("is refused with %s", (_, more) => {
    expect(accepts(request({ audio, ...more }))).toBe(false);
  });

  test("takes some options, and some settings of the VAD", () => {
    const options = { beam_size: 1, vad_parameters: { threshold: 0.4 } };
    expect(commandSchema.parse(request({ audio, options })).data).toEqual({ audio, options });
  });
});

describe("a cancellation", () => {
  test.each([{ job_id: "job-1" }, { request_id: "request-1" }, { command_id: "command-1" }])("names %o", (data) => {
    expect(commandSchema.parse(cancel(data)).data).toEqual(data);
  });

  test("names exactly one thing", () => {
    expect(accepts(cancel({}))).toBe(false);
    expect(accepts(cancel({ job_id: "job-1", request_id: "request-1" }))).toBe(false);
  });
});

describe("an envelope", () => {
  test.each([
    ["an id", { id: undefined }],
    ["an id that an attribute may be", { id: "command\n1" }],
    ["a trace that is one", { traceparent: "00-1-2-3" }],
    ["a source", { source: "" }],
    ["a type that we know", { type: "io.humhelix.transcription.request.v2" }],
    ["the version of CloudEvents", { specversion: "0.3" }],
    ["JSON as its data", { datacontenttype: "text/xml" }],
  ])("is refused without %s", (_, more) => {
    expect(accepts({ ...request({ audio }), ...more })).toBe(false);
  });

  test("may have attributes that we do not know", () => {
    expect(commandSchema.parse({ ...request({ audio }), tenant: "a" })).toMatchObject({ tenant: "a" });
  });
});
