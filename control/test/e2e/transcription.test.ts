import { execFileSync } from "node:child_process";
import { createReadStream, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import OpenAI, { APIError, toFile } from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkoutRoot } from "../../src/core/checkout.ts";
import { python, transcribeDirectly } from "./direct.ts";
import { jfkText, samplePath, startServer, type TestServer } from "./server.ts";
import { expectEqual, type Verbose } from "./verbose.ts";

let server: TestServer;
let client: OpenAI;
let media: string;

beforeAll(async () => {
  media = mkdtempSync(join(tmpdir(), "hum-media-"));
  execFileSync(python, [join(checkoutRoot, "sidecar", "tests", "media.py"), media]);
  server = await startServer();
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "unused", maxRetries: 0 });
}, 60_000);

afterAll(async () => {
  await server.stop();
  rmSync(media, { recursive: true });
});

const transcribe = (path: string, more: object = {}) =>
  client.audio.transcriptions.create({
    file: createReadStream(path),
    model: "whisper-1",
    response_format: "verbose_json",
    ...more,
  }) as Promise<Verbose>;

describe("the text is that of faster-whisper alone", () => {
  test("segments, tokens, log-probabilities and words equal a direct call with the same options", async () => {
    const [direct] = await transcribeDirectly([samplePath], {
      model: "base",
      options: { beam_size: 5, word_timestamps: true },
    });
    const ours = await transcribe(samplePath, { timestamp_granularities: ["word", "segment"] });
    expectEqual(ours, direct);
    expect(ours.words?.length).toBe(22);
  });

  test("8 requests at once give what each gives alone", async () => {
    const files = [samplePath, join(media, "jfk.mp3"), join(media, "jfk.ogg"), join(media, "jfk.flac")];
    const direct = await transcribeDirectly(files, { model: "base", options: { beam_size: 5 } });
    const ours = await Promise.all([...files, ...files].map((file) => transcribe(file)));
    for (const [index, transcript] of ours.entries()) expectEqual(transcript, direct[index % files.length]);
  });
});

test.each(["wav", "mp3", "m4a", "ogg", "webm", "flac", "mp4"])(
  "media in %s is decoded and transcribed",
  async (extension) => {
    const path = extension === "wav" ? join(media, "jfk-stereo-44k.wav") : join(media, `jfk.${extension}`);
    const { text, duration } = await transcribe(path);
    expect(text.toLowerCase()).toContain("ask not what your country can do for you");
    expect(duration).toBeCloseTo(11, 0);
  },
);

test("every response format says the same text", async () => {
  const formats = ["json", "text", "srt", "vtt", "verbose_json"] as const;
  const bodies = await Promise.all(
    formats.map(async (response_format) =>
      JSON.stringify(
        await client.audio.transcriptions.create({
          file: createReadStream(samplePath),
          model: "base",
          response_format,
        }),
      ),
    ),
  );
  for (const body of bodies) expect(body).toContain(jfkText);
});

test("a stream's deltas concatenate to the text of its done event", async () => {
  const stream = await client.audio.transcriptions.create({
    file: createReadStream(samplePath),
    model: "base",
    stream: true,
  });
  const events = await Array.fromAsync(stream);
  const deltas = events.flatMap((event) => (event.type === "transcript.text.delta" ? [event.delta] : []));
  const done = events.at(-1);
  expect(done).toMatchObject({ type: "transcript.text.done", text: jfkText });
  expect(deltas.join("")).toBe(jfkText);
});

test("a raw body with its options in the query is transcribed", async () => {
  const response = await fetch(`${server.url}/v1/audio/transcriptions?response_format=text&language=en`, {
    method: "POST",
    headers: { "content-type": "audio/wav" },
    body: readFileSync(samplePath),
  });
  expect([response.status, (await response.text()).trim()]).toEqual([200, jfkText]);
});

test("an installed model that is not loaded is loaded in a process of its own", async () => {
  const { text } = await client.audio.transcriptions.create({ file: createReadStream(samplePath), model: "tiny.en" });
  expect(text).toContain("ask not what your country can do for you");
  const { slots } = (await (await fetch(`${server.url}/readyz`)).json()) as {
    slots: { model: string | null; pid: number }[];
  };
  const pids = slots.filter((slot) => slot.model !== null).map((slot) => slot.pid);
  expect(new Set(pids).size).toBe(2);
});

test("a translation answers, and one by an English-only model is refused", async () => {
  const { text } = await client.audio.translations.create({ file: createReadStream(samplePath), model: "base" });
  expect(text).toContain("country");
  const refused = client.audio.translations.create({ file: createReadStream(samplePath), model: "tiny.en" });
  await expect(refused).rejects.toMatchObject({ status: 400 });
});

test.each(["silence.wav", "noise.wav"])("%s gives an empty transcript and 200", async (name) => {
  expect(await transcribe(join(media, name))).toMatchObject({ text: "", segments: [] });
});

test("the models list holds what is installed, and an alias resolves", async () => {
  const ids = (await Array.fromAsync(client.models.list())).map((model) => model.id);
  expect(ids).toEqual(expect.arrayContaining(["base", "tiny.en"]));
  expect((await client.models.retrieve("whisper-1")).object).toBe("model");
});

const bad: [string, () => Promise<File> | File, object, number][] = [
  ["an empty file", () => toFile(new Uint8Array(0), "empty.wav"), {}, 400],
  ["text named .wav", () => toFile(Buffer.from("this is no audio at all"), "text.wav"), {}, 400],
  ["a truncated header", () => toFile(readFileSync(samplePath).subarray(0, 20), "short.wav"), {}, 400],
  ["an unknown model", () => toFile(readFileSync(samplePath), "a.wav"), { model: "huge" }, 404],
  ["an unknown format", () => toFile(readFileSync(samplePath), "a.wav"), { response_format: "pdf" }, 400],
  ["an unknown language", () => toFile(readFileSync(samplePath), "a.wav"), { language: "klingon" }, 400],
  [
    "an unknown granularity",
    () => toFile(readFileSync(samplePath), "a.wav"),
    { timestamp_granularities: ["phoneme"] },
    400,
  ],
  ["a temperature of 7", () => toFile(readFileSync(samplePath), "a.wav"), { temperature: 7 }, 400],
  ["a temperature that is no number", () => toFile(readFileSync(samplePath), "a.wav"), { temperature: "hot" }, 400],
];

test.each(bad)("%s gets a typed answer that the official client understands", async (_name, file, more, status) => {
  const request = client.audio.transcriptions.create({ file: await file(), model: "base", ...more });
  const error = await request.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(APIError);
  expect(error).toMatchObject({ status, error: { message: expect.any(String), type: "invalid_request_error" } });
  expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
});
