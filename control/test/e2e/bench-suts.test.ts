import { expect, onTestFinished, test } from "vitest";
import type { RunConfig } from "../../src/bench/definition/run-config.ts";
import { sutSchema } from "../../src/bench/definition/sut.ts";
import { createSut } from "../../src/bench/suts/create.ts";
import type { SutInstance } from "../../src/bench/suts/sut.ts";
import { checkoutRoot } from "../../src/core/checkout.ts";
import { itemAt } from "../bench-items.ts";
import { alive } from "../processes.ts";
import { samplePath, startServer } from "./server.ts";

const context = { env: process.env, cwd: checkoutRoot };
const { signal } = new AbortController();
const config: RunConfig = {
  model: "tiny.en",
  compute_type: "int8",
  device: "cpu",
  language: "en",
  beam_size: 1,
  temperatures: [0],
  speech_gate: false,
};
const item = itemAt(samplePath, { name: "jfk", duration_s: 11 });

async function open(definition: object): Promise<SutInstance> {
  const sut = createSut(sutSchema.parse(definition), context);
  expect(await sut.unsupported(config)).toEqual([]);
  const instance = await sut.open(config, { signal, startTimeoutMs: 60_000 });
  onTestFinished(() => instance.close());
  await instance.prepare([item], signal);
  return instance;
}

async function say(instance: SutInstance, streaming = false) {
  const outcome = await instance.transcribe({ item, config, streaming, signal });
  if (!outcome.ok) throw new Error(outcome.failure.message);
  return outcome.answer;
}

test("this server and the plain library say the same, and each tells its stages", async () => {
  const server = await open({ kind: "hum-helix" });
  const library = await open({ kind: "faster-whisper" });
  const [heard, plain] = [await say(server), await say(library)];
  expect(heard.text).toMatch(/ask not what your country can do for you/);
  expect(plain.text.trim()).toBe(heard.text);
  expect(plain.segments?.map(({ text }) => text)).toEqual(heard.segments?.map(({ text }) => text));
  expect(heard.stages.engine).toBeGreaterThan(0.01);
  const { prepare = 0, generate = 0 } = plain.stages;
  expect(prepare).toBeGreaterThan(0);
  // The call itself is lazy: the model works while segments are read.
  expect(generate).toBeGreaterThan(prepare);
  const about = { model: "tiny.en", device: "cpu", compute_type: "int8_float32" };
  expect(server.facts).toMatchObject(about);
  expect(library.facts).toMatchObject({ ...about, revision: server.facts.revision, ctranslate2: expect.any(String) });
  expect(library.opening.process_start_s).toBeGreaterThan(0);
  expect(library.opening.load_s).toBeGreaterThan(0);
});

test("a server that runs already is asked for what it runs", async () => {
  const running = await startServer({ HUM_MODEL: "tiny.en" });
  onTestFinished(async () => void (await running.stop()));
  const sut = createSut(sutSchema.parse({ kind: "hum-helix", url: running.url }), context);
  expect(await sut.unsupported({ ...config, sidecars: 1 })).toEqual([]);
  expect(await sut.unsupported({ ...config, compute_type: "float32", device: "cuda" })).toEqual([
    "device",
    "compute_type",
  ]);
});

test("the plain library's process is ended where a request is left, and is there again for the next trial", async () => {
  const library = await open({ kind: "faster-whisper", batched: false });
  const [pid = 0] = library.pids;
  const asked = { item, config, streaming: false };
  const beganMs = performance.now();
  const late = await library.transcribe({ ...asked, signal: AbortSignal.timeout(20) });
  expect(late).toMatchObject({ ok: false, failure: { status: "timeout", code: "timeout" } });
  expect(performance.now() - beganMs).toBeLessThan(1_000);
  expect(alive(pid)).toBe(false);
  await library.prepare([item], signal);
  expect(library.pids).not.toEqual([pid]);
  const answer = await say(library, true);
  expect(answer.text).toMatch(/ask not what your country/);
  expect(answer.first_segment_s).toBeGreaterThan(0);

  const [second = 0] = library.pids;
  const dying = library.transcribe({ ...asked, signal });
  process.kill(second, "SIGKILL");
  await expect(dying).rejects.toMatchObject({ code: "sidecar_lost" });
});

test("the batched pipeline is the library's own", async () => {
  const sut = createSut(sutSchema.parse({ kind: "faster-whisper", batched: true }), context);
  const asked: RunConfig = { ...config, batch_size: 2, without_timestamps: false };
  expect(await sut.unsupported(asked)).toEqual([]);
  const library = await sut.open(asked, { signal, startTimeoutMs: 60_000 });
  onTestFinished(() => library.close());
  await library.prepare([item], signal);
  const outcome = await library.transcribe({ item, config: asked, streaming: false, signal });
  expect(outcome).toMatchObject({ ok: true, answer: { language: "en", text: expect.stringMatching(/your country/) } });
});
