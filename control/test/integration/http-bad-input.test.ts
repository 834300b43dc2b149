import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type FailureAnswer, type HttpRig, openHttpRig, wav } from "./http-rig.ts";

let rig: HttpRig;

beforeAll(async () => {
  rig = await openHttpRig({ http: { max_body_bytes: 300_000, max_parts: 8 }, maxDurationS: 5 });
});
afterAll(() => rig.close());

async function refused(path: string, init: RequestInit) {
  const jobsBefore = rig.submitted.length;
  const answer = await fetch(`${rig.url}${path}`, init);
  const body = (await answer.json()) as FailureAnswer;
  expect(Object.keys(body.error)).toEqual(["message", "type", "param", "code"]);
  expect(answer.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
  expect(answer.headers.get("content-type")).toBe("application/json");
  expect(rig.submitted.length).toBe(jobsBefore);
  expect(rig.scratchFiles()).toEqual([]);
  return { status: answer.status, headers: answer.headers, ...body.error };
}

const form = (fields: Record<string, string | string[]> = {}, file: Blob | null = new Blob([wav(0.1)])) => {
  const data = new FormData();
  for (const [name, values] of Object.entries(fields)) {
    for (const value of [values].flat()) data.append(name, value);
  }
  if (file !== null) data.append("file", file, "clip.wav");
  return { method: "POST", body: data };
};
const transcriptions = "/v1/audio/transcriptions";
const multipart = { "content-type": "multipart/form-data; boundary=xx" };
const part = (head: string, body: string) => `--xx\r\ncontent-disposition: form-data; ${head}\r\n\r\n${body}\r\n`;

describe("fields that are wrong are named, with what would be right", () => {
  test.each([
    [{ model: "no-such" }, 404, "model_unknown", "model", "no-such"],
    [{ response_format: "yaml" }, 400, "bad_request", "response_format", '"yaml"; it must be one of json, text, srt'],
    [{ language: "klingon" }, 400, "bad_request", "language", '"klingon"; it must be an English language name or one'],
    [
      { language: "german", model: "tiny.en" },
      400,
      "bad_request",
      "language",
      "does not understand; it must be one of en",
    ],
    [{ temperature: "1.5" }, 400, "bad_request", "temperature", '"1.5"; it must be a number from 0 to 1'],
    [{ temperature: "-0.1" }, 400, "bad_request", "temperature", "number from 0 to 1"],
    [{ temperature: "warm" }, 400, "bad_request", "temperature", '"warm"'],
    [{ temperature: "NaN" }, 400, "bad_request", "temperature", '"NaN"'],
    [{ beam_size: "0" }, 400, "bad_request", "beam_size", "a whole number from 1 to 64"],
    [{ stream: "maybe" }, 400, "bad_request", "stream", "true or false"],
    [{ stream: "true", response_format: "srt" }, 400, "bad_request", "stream", "json or text"],
    [{ "timestamp_granularities[]": "word" }, 400, "bad_request", "timestamp_granularities", "needs response_format"],
    [
      { "timestamp_granularities[]": ["word", "phoneme"], response_format: "verbose_json" },
      400,
      "bad_request",
      "timestamp_granularities",
      '"phoneme"; it must be one of segment, word',
    ],
    [{ model: ["base", "base"] }, 400, "bad_request", "model", "2 times"],
    [{ prompt: "x".repeat(70_000) }, 400, "bad_request", "prompt", "65536"],
  ])("%o", async (fields, status, code, param, message) => {
    const refusal = await refused(transcriptions, form(fields));
    expect(refusal).toMatchObject({ status, code, param, type: "invalid_request_error" });
    expect(refusal.message).toContain(message);
  });

  test("a model that cannot translate says so", async () => {
    const refusal = await refused("/v1/audio/translations", form({ model: "tiny.en" }));
    expect(refusal).toMatchObject({ status: 400, code: "bad_request", param: "model" });
  });
});

describe("files that are wrong", () => {
  test("none", async () => {
    const refusal = await refused(transcriptions, form({ model: "base" }, null));
    expect(refusal).toMatchObject({ status: 400, code: "bad_request", param: "file" });
  });

  test("two", async () => {
    const init = form();
    init.body.append("file", new Blob([wav(0.1)]), "second.wav");
    expect(await refused(transcriptions, init)).toMatchObject({ status: 400, code: "bad_request", param: "file" });
  });

  test("empty", async () => {
    const refusal = await refused(transcriptions, form({}, new Blob([])));
    expect(refusal).toMatchObject({ status: 400, code: "bad_audio", param: "file" });
  });

  test("an empty raw body", async () => {
    const init = { method: "POST", headers: { "content-type": "audio/wav" }, body: new Uint8Array(0) };
    expect(await refused(transcriptions, init)).toMatchObject({ status: 400, code: "bad_audio", param: "file" });
  });

  test("a path that was sent as text in its place", async () => {
    const refusal = await refused(transcriptions, form({ file: "clip.wav" }, null));
    expect(refusal).toMatchObject({ status: 400, code: "bad_request", param: "file" });
    expect(refusal.message).toContain("file=@PATH");
  });

  test("PCM that lasts longer than is decoded", async () => {
    const refusal = await refused(transcriptions, form({}, new Blob([wav(6)])));
    expect(refusal).toMatchObject({ status: 413, code: "too_large", param: "file" });
    expect(refusal.message).toContain("6.0 s; at most 5 s");
  });
});

describe("bodies that are wrong", () => {
  test.each([
    ["no boundary", "multipart/form-data", "--xx--"],
    ["nothing in it", multipart["content-type"], ""],
    ["another boundary", multipart["content-type"], "--yy\r\n\r\n--yy--"],
    ["no end within the file", multipart["content-type"], part('name="file"; filename="a.wav"', "RIFF").slice(0, -2)],
    ["no end within a field", multipart["content-type"], part('name="model"', "ba").slice(0, -2)],
    ["no end within a header", multipart["content-type"], "--xx\r\ncontent-dispo"],
    ["no closing boundary", multipart["content-type"], part('name="file"; filename="a.wav"', "RIFF")],
    ["a part without a name", multipart["content-type"], `${part("", "base")}--xx--`],
    ["a part without headers", multipart["content-type"], "--xx\r\n\r\nRIFF\r\n--xx--"],
    ["more parts than allowed", multipart["content-type"], `${part('name="a"', "1").repeat(9)}--xx--`],
  ])("multipart with %s", async (_, contentType, body) => {
    const init = { method: "POST", headers: { "content-type": contentType }, body };
    expect(await refused(transcriptions, init)).toMatchObject({ status: 400, code: "bad_request" });
  });

  test.each(["application/json", "application/x-www-form-urlencoded", "text/plain", "multipart/mixed; boundary=x"])(
    "%s",
    async (contentType) => {
      const refusal = await refused(transcriptions, {
        method: "POST",
        headers: { "content-type": contentType },
        body: "{}",
      });
      expect(refusal).toMatchObject({ status: 415, code: "unsupported_format" });
      expect(refusal.message).toContain("multipart/form-data");
    },
  );

  test("no content type", async () => {
    const refusal = await refused(transcriptions, { method: "POST" });
    expect(refusal).toMatchObject({ status: 415, code: "unsupported_format" });
  });

  test("an encoded one", async () => {
    const headers = { "content-type": "audio/wav", "content-encoding": "gzip" };
    const refusal = await refused(transcriptions, { method: "POST", headers, body: "x" });
    expect(refusal).toMatchObject({ status: 415, code: "unsupported_format" });
  });

  test("larger than the limit by its length", async () => {
    const refusal = await refused(transcriptions, form({}, new Blob([Buffer.alloc(300_001)])));
    expect(refusal).toMatchObject({ status: 413, code: "too_large" });
    expect(refusal.message).toContain("at most 300000 bytes");
  });

  test("larger than the limit while it streams", async () => {
    const pieces = ReadableStream.from(
      (async function* () {
        for (let piece = 0; piece < 400; piece += 1) yield Buffer.alloc(65_536);
      })(),
    );
    const init = { method: "POST", headers: { "content-type": "audio/wav" }, body: pieces, duplex: "half" as const };
    expect(await refused(transcriptions, init)).toMatchObject({ status: 413, code: "too_large" });
  });
});

describe("routes that are wrong", () => {
  test("an unknown one", async () => {
    expect(await refused("/v1/nothing", {})).toMatchObject({ status: 404, code: "not_found" });
    expect(await refused("/v1/audio/transcriptions/", {})).toMatchObject({ status: 404, code: "not_found" });
  });

  test.each([
    [transcriptions, "GET", "POST"],
    [transcriptions, "OPTIONS", "POST"],
    ["/v1/models", "DELETE", "GET, HEAD"],
    ["/v1/models/base", "POST", "GET, HEAD"],
    ["/ping", "POST", "GET, HEAD"],
  ])("%s by %s", async (path, method, allow) => {
    const refusal = await refused(path, { method });
    expect(refusal).toMatchObject({ status: 405, code: "method_not_allowed" });
    expect(refusal.headers.get("allow")).toBe(allow);
  });
});
