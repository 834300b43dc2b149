import { execFileSync } from "node:child_process";
import { createReadStream } from "node:fs";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { alive } from "../processes.ts";
import { python } from "./direct.ts";
import { samplePath, startServer, type TestServer } from "./server.ts";
import type { Verbose } from "./verbose.ts";

const name = "pocketsphinx-en-us";

/** There are no wheels of it for some versions of Python. */
const isHere = (() => {
  try {
    execFileSync(python, ["-c", "import pocketsphinx"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

describe.skipIf(!isHere)("pocketsphinx beside faster-whisper in one server", () => {
  let server: TestServer;
  let client: OpenAI;

  beforeAll(async () => {
    server = await startServer({ HUM_MODEL: "tiny.en" });
    client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: "unused", maxRetries: 0 });
  }, 60_000);
  afterAll(async () => void (await server.stop()));

  const transcribe = (model: string, more: object = {}) =>
    client.audio.transcriptions.create({
      file: createReadStream(samplePath),
      model,
      response_format: "verbose_json",
      timestamp_granularities: ["word", "segment"],
      ...more,
    }) as Promise<Verbose>;

  async function fetchJson(path: string, body?: object): Promise<unknown> {
    const init = body === undefined ? {} : { method: "POST", body: JSON.stringify(body) };
    return (await fetch(`${server.url}${path}`, init)).json();
  }

  test("it is listed by its name and its alias", async () => {
    const { data } = await client.models.list();
    const listed = data.flatMap((model) => ("root" in model && model.root === name ? [model.id] : []));
    expect(listed).toEqual([name, "pocketsphinx"]);
  });

  test("it loads and unloads, and then its process is gone", async () => {
    expect(await fetchJson("/v1/models/load", { model: "pocketsphinx" })).toEqual({ model: name, action: "loaded" });
    const readiness = (await fetchJson("/readyz")) as { slots: { model: string | null; pid: number }[] };
    const pid = readiness.slots.find(({ model }) => model === name)?.pid ?? 0;
    expect(alive(pid)).toBe(true);
    expect(await fetchJson("/v1/models/unload", { model: name })).toEqual({ model: name, action: "unloaded" });
    await vi.waitFor(() => expect(alive(pid)).toBe(false), { timeout: 5000 });
  });

  test("a request names the engine by its model, and each answers in its own way at the same time", async () => {
    const [whisper, sphinx] = await Promise.all([transcribe("tiny.en"), transcribe("pocketsphinx")]);
    expect(whisper.text).toContain("ask not what your country can do for you");
    // Lower case and no punctuation: its own manner. Which words exactly hangs on how a processor rounds.
    expect(sphinx.text).toMatch(/^[a-z' ]+$/);
    expect(sphinx.text).toMatch(/\b(country|can do for you)\b/);
    expect([sphinx.language, sphinx.duration]).toEqual(["english", 11]);
    expect(await fetchJson("/v1/models/loaded")).toMatchObject({
      data: [
        { model: "tiny.en", state: "ready" },
        { model: name, state: "ready" },
      ],
    });
  });

  test("its segments and words have times that rise within the audio", async () => {
    const { text, segments, words = [], duration } = await transcribe(name);
    expect(
      segments
        .map((segment) => segment.text)
        .join("")
        .trim(),
    ).toBe(text);
    expect(words.map(({ word }) => word).join(" ")).toBe(text);
    const times = words.flatMap(({ start, end }) => [start, end]);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times.at(0)).toBeGreaterThanOrEqual(0);
    expect(times.at(-1)).toBeLessThanOrEqual(duration);
    expect(segments.length).toBeGreaterThan(1);
  });

  test("what it cannot do is refused before any work", async () => {
    await expect(transcribe(name, { language: "de" })).rejects.toMatchObject({ status: 400, param: "language" });
    const translation = client.audio.translations.create({ file: createReadStream(samplePath), model: name });
    await expect(translation).rejects.toMatchObject({ status: 400 });
  });
});
