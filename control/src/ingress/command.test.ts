import { describe, expect, test } from "vitest";
import { jobIdOf, readCommand } from "./command.ts";

const envelope = { specversion: "1.0", id: "command-1", source: "urn:example:sender" };
const type = "io.humhelix.transcription.request.v1";
const audio = { path: "/srv/a.wav" };
const read = (command: unknown) => readCommand(JSON.stringify(command));

describe("a job's id", () => {
  test("is the same for the same command, and looks like a UUID", () => {
    const id = jobIdOf(envelope);
    expect(jobIdOf({ ...envelope })).toBe(id);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  test("differs where the source or the id does, however the two are parted", () => {
    const all = [envelope, { source: "a", id: "bc" }, { source: "ab", id: "c" }, { source: "../a", id: "/" }];
    expect(new Set(all.map(jobIdOf)).size).toBe(all.length);
  });
});

test("a request says whom its job's events relate to", () => {
  const traceparent = `00-${"1".repeat(32)}-${"2".repeat(16)}-01`;
  const id = jobIdOf(envelope);
  expect(read({ ...envelope, type, traceparent, data: { audio, request_id: "mine" } })).toMatchObject({
    kind: "request",
    origin: { id, requestId: "mine", causationId: "command-1", traceparent },
  });
  expect(read({ ...envelope, type, data: { audio } })).toMatchObject({ origin: { requestId: id, traceparent: null } });
});

describe("what is no command", () => {
  const asked = { id: jobIdOf(envelope), causationId: "command-1" };

  test.each([
    ["no JSON", "{", /no JSON/],
    ["nothing", "", /no JSON/],
    ["no object", "[]", /object/],
    ["of a type that we do not know", JSON.stringify({ ...envelope, type: "io.humhelix.other.v1", data: {} }), /type/],
    ["without an id", JSON.stringify({ ...envelope, id: undefined, type, data: { audio } }), /id/],
    [
      "a cancellation of nothing",
      JSON.stringify({ ...envelope, type: type.replace("request", "cancel"), data: {} }),
      /data/,
    ],
  ])("is nobody's where it is %s", (_, text, reason) => {
    expect(readCommand(text)).toEqual({ kind: "unreadable", reason: expect.stringMatching(reason), origin: null });
  });

  test.each([
    ["no audio", {}, /^data\.audio: /],
    ["two ways to it", { audio: { ...audio, url: "https://example.org/a" } }, /^data\.audio/],
    ["a path that is relative", { audio: { path: "a.wav" } }, /^data\.audio\.path: must be absolute/],
    ["bytes that are none", { audio: { data: "ä", media_type: "audio/wav" } }, /^data\.audio\.data: .*base64/],
    ["an option out of its bounds", { audio, options: { beam_size: 0 } }, /^data\.options\.beam_size: /],
    ["a field that nobody knows", { audio, lang: "de" }, /"lang"/],
  ])("is answered where it asks for a transcription with %s", (_, data, reason) => {
    const reading = read({ ...envelope, type, data });
    expect(reading).toMatchObject({ kind: "unreadable", reason: expect.stringMatching(reason), origin: asked });
  });

  test("keeps the request's name where that can be read", () => {
    expect(read({ ...envelope, type, data: { request_id: "mine" } })).toMatchObject({ origin: { requestId: "mine" } });
    expect(read({ ...envelope, type, data: { request_id: "not mine" } })).toMatchObject({
      origin: { requestId: asked.id },
    });
  });

  test("is told of without what it holds", () => {
    const secret = "c2VjcmV0".repeat(10);
    const reading = read({ ...envelope, type, data: { audio: { data: `${secret}ä`, media_type: "audio/wav" } } });
    expect(JSON.stringify(reading)).not.toContain("c2VjcmV0");
  });
});
