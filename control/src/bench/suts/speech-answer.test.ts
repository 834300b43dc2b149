import { Readable } from "node:stream";
import { describe, expect, test } from "vitest";
import { readServerTiming } from "./server-timing.ts";
import { failureOf, readAnswer } from "./speech-answer.ts";
import { followSpeech } from "./speech-events.ts";

test.each([
  ["queue;dur=12.5, decode;dur=0, engine;dur=230", { queue: 0.0125, decode: 0, engine: 0.23 }],
  ['db;desc="a b";dur="53", cache;desc=hit, total ; dur = 1e2', { db: 0.053, total: 0.1 }],
  ["miss, ;dur=3, x;dur=fast", {}],
  [undefined, {}],
])("Server-Timing %o is %o in seconds", (header, stages) => {
  expect(readServerTiming(header)).toEqual(stages);
});

const json = { contentType: "application/json", serverTiming: undefined };

describe("an answer", () => {
  test("may have no segments, and its language may be a name", () => {
    expect(readAnswer('{"text":" Hm. "}', json)).toMatchObject({
      answer: { text: " Hm. ", language: null, segments: null },
    });
    expect(readAnswer('{"text":"","language":"english","segments":[]}', json)).toMatchObject({
      answer: { text: "", language: "en", segments: [] },
    });
    expect(readAnswer("Hm.\n", { ...json, contentType: "text/plain; charset=utf-8" })).toMatchObject({
      answer: { text: "Hm.\n" },
    });
  });

  test.each(["", "{", '{"texts":""}', "[]"])("that is %o is invalid", (body) => {
    expect(readAnswer(body, json)).toMatchObject({ ok: false, failure: { status: "invalid", code: "invalid_answer" } });
  });

  test.each([
    [503, '{"error":{"message":"full","code":"overloaded","type":"server_error","param":null}}', "overloaded", "full"],
    [400, '{"error":{"message":"no","code":null}}', "http_400", "no"],
    [404, '{"detail":"Not Found"}', "http_404", "Not Found"],
    [422, '{"detail":[{"loc":["body"]}]}', "http_422", '[{"loc":["body"]}]'],
    [500, '{"error":"boom"}', "http_500", "boom"],
    [502, "<html>", "http_502", 'the answer had status 502: "<html>"'],
  ])("of status %i and %o has the server's own code, or the status", (status, body, code, message) => {
    expect(failureOf(status, body)).toEqual({ ok: false, failure: { status: "error", code, message } });
  });
});

describe("a stream", () => {
  const follow = (...chunks: string[]) =>
    followSpeech(Readable.from(chunks.map((chunk) => Buffer.from(chunk))), { askedMs: performance.now() - 50 });
  const data = (value: object) => `data: ${JSON.stringify(value)}\n\n`;
  const delta = (text: string) => data({ type: "transcript.text.delta", delta: text });

  test("tells when its first words came, and at its end the whole", async () => {
    const whole = `: keep-alive\n\n${delta("Grüße")}${delta(" an alle")}${data({ type: "transcript.text.done", text: "Grüße an alle" })}data: [DONE]\n\n`;
    // Cut in the middle of a letter.
    const bytes = Buffer.from(whole);
    const cut = bytes.indexOf("ü") + 1;
    const outcome = await followSpeech(Readable.from([bytes.subarray(0, cut), bytes.subarray(cut)]), {
      askedMs: performance.now() - 50,
    });
    expect(outcome).toMatchObject({ ok: true, answer: { text: "Grüße an alle", segments: null } });
    if (outcome.ok) expect(outcome.answer.first_segment_s).toBeGreaterThanOrEqual(0.05);
  });

  test("of silence has no first words", async () => {
    const outcome = await follow(data({ type: "transcript.text.done", text: "" }), "data: [DONE]\n\n");
    expect(outcome).toMatchObject({ ok: true, answer: { text: "", first_segment_s: null } });
  });

  test("of whole segments is joined with spaces where they have none", async () => {
    const outcome = await follow(data({ text: "One." }), data({ text: "Two." }), data({ text: " Three." }));
    expect(outcome).toMatchObject({ ok: true, answer: { text: "One. Two. Three." } });
  });

  test("that fails has the failure's code, and one that just ends is invalid", async () => {
    expect(await follow(delta("One"), data({ error: { message: "lost", code: "sidecar_lost" } }))).toMatchObject({
      ok: false,
      failure: { status: "error", code: "sidecar_lost" },
    });
    expect(await follow(": nothing\n\n")).toMatchObject({ ok: false, failure: { status: "invalid" } });
  });
});
