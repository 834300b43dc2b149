import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:http";

import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { text as readText } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import type { RunConfig } from "../../src/bench/definition/run-config.ts";
import { type SutDefinition, sutSchema } from "../../src/bench/definition/sut.ts";
import { createSut } from "../../src/bench/suts/create.ts";
import type { Asked, Outcome, SutInstance } from "../../src/bench/suts/sut.ts";
import type { WorkloadItem } from "../../src/bench/workloads/item.ts";
import { checkoutRoot } from "../../src/core/checkout.ts";
import { silences } from "../bench-items.ts";
import { startServer, type TestServer } from "../e2e/server.ts";
import { alive } from "../processes.ts";

const env = { ...process.env, HUM_ALLOW_FAKE_MODELS: "1" };
const context = { env, cwd: checkoutRoot };
const patience = { signal: new AbortController().signal, startTimeoutMs: 20_000 };
const sutOf = (definition: object) => createSut(sutSchema.parse(definition) as SutDefinition, context);
const own = (more: object = {}) => sutOf({ kind: "hum-helix", ...more });

async function open(config: RunConfig, definition: object = { kind: "hum-helix" }): Promise<SutInstance> {
  const instance = await sutOf(definition).open(config, patience);
  onTestFinished(() => instance.close());
  return instance;
}

async function ask(instance: SutInstance, item: WorkloadItem, more: Partial<Asked> = {}): Promise<Outcome> {
  await instance.prepare([item], patience.signal);
  return instance.transcribe({
    item,
    config: { model: "fake:echo" },
    streaming: false,
    signal: patience.signal,
    ...more,
  });
}

const inTime = (ms: number) => AbortSignal.timeout(ms);

describe("a server of ours", () => {
  let instance: SutInstance;
  beforeAll(async () => {
    instance = await own().open({ model: "fake:echo", sidecars: 2, workers: 2 }, patience);
  });
  afterAll(() => instance.close());

  test("is opened with what it is, and with the two parts of its start", () => {
    expect(instance.facts).toMatchObject({
      version: expect.stringMatching(/^\d/),
      model: "fake:echo",
      device: "cpu",
      compute_type: "none",
      revision: "fake",
      "faster-whisper": expect.stringMatching(/^\d/),
    });
    expect(instance.opening.process_start_s).toBeGreaterThan(0);
    expect(instance.opening.load_s).toBeGreaterThan(0);
    expect(instance.pids.every(alive)).toBe(true);
  });

  test("answers with its segments and its own stages", async () => {
    const [item] = silences([1.5]) as [WorkloadItem];
    const outcome = await ask(instance, item, { config: { model: "fake:echo", language: "de" } });
    expect(outcome).toEqual({
      ok: true,
      answer: {
        text: "segment 0 segment 1",
        language: "de",
        segments: [
          { start: 0, end: 1, text: " segment 0" },
          { start: 1, end: 1.5, text: " segment 1" },
        ],
        first_segment_s: null,
        stages: { queue: expect.any(Number), decode: expect.any(Number), engine: expect.any(Number) },
      },
    });
  });

  test("tells when its first segment came where it streams", async () => {
    const [item] = silences([2]) as [WorkloadItem];
    const outcome = await ask(instance, item, { streaming: true });
    expect(outcome).toMatchObject({ ok: true, answer: { text: "segment 0 segment 1", segments: null } });
    if (outcome.ok) expect(outcome.answer.first_segment_s).toBeGreaterThan(0);
  });

  test("refuses with its own code what it cannot do, and that is this request's outcome", async () => {
    const [item] = silences([1]) as [WorkloadItem];
    const outcome = await ask(instance, item, { config: { model: "no-such-model" } });
    expect(outcome).toMatchObject({ ok: false, failure: { status: "error", code: "model_unknown" } });
  });

  test("is left at the time-out, and at once where nobody waits", async () => {
    const [item] = silences([30]) as [WorkloadItem];
    const config = { model: "fake:slow=1" };
    const late = await ask(instance, item, { config, signal: inTime(300) });
    expect(late).toMatchObject({ ok: false, failure: { status: "timeout", code: "timeout" } });
    const leaving = new AbortController();
    const asked = ask(instance, item, { config, signal: leaving.signal });
    setTimeout(() => leaving.abort(new Error("interrupted")), 100);
    await expect(asked).rejects.toThrow("interrupted");
  });
});

describe("a server that runs", () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ HUM_ALLOW_FAKE_MODELS: "1", HUM_MODEL: "fake:echo", HUM_SIDECARS: "2" });
  });
  afterAll(() => server.stop());

  test("is held to what it runs", async () => {
    const { url } = server;
    const there = sutOf({ kind: "hum-helix", url });
    const config = { model: "fake:echo" };
    expect(
      await there.unsupported({ ...config, device: "cpu", compute_type: "none", sidecars: 2, workers: 0 }),
    ).toEqual([]);
    expect(await there.unsupported({ ...config, compute_type: "int8", sidecars: 1, workers: 2 })).toEqual([
      "compute_type",
      "sidecars",
      "workers",
    ]);
    const running = await open(config, { kind: "hum-helix", url });
    expect(running).toMatchObject({ opening: { process_start_s: null, load_s: null }, pids: [] });
    expect(running.facts).toMatchObject({ url, model: "fake:echo", compute_type: "none" });
    const [item] = silences([1]) as [WorkloadItem];
    expect(await ask(running, item)).toMatchObject({ ok: true, answer: { text: "segment 0" } });
  });

  test("is a server with OpenAI's API like any other", async () => {
    const { url } = server;
    for (const base of [url, `${url}/v1/`]) {
      const foreign = await open({}, { kind: "openai-http", name: "peer", url: base });
      const [item] = silences([1]) as [WorkloadItem];
      const outcome = await ask(foreign, item, { config: { model: "fake:echo", language: "en", temperatures: [0] } });
      expect(outcome).toMatchObject({
        ok: true,
        answer: { text: "segment 0", language: "en", segments: [{ start: 0 }] },
      });
      expect(await ask(foreign, item, { streaming: true })).toMatchObject({ ok: true, answer: { segments: null } });
    }
  });
});

describe("a server that the harness starts", () => {
  test("shares an instance where only request options differ", () => {
    const sut = own();
    const key = (config: RunConfig) => sut.instanceKey(config);
    expect(key({ model: "base", beam_size: 1 })).toBe(key({ model: "base", beam_size: 5, language: "en" }));
    expect(key({ model: "base", workers: 1 })).not.toBe(key({ model: "base" }));
  });

  test("ends the run within a second when it dies, and leaves nothing behind", async () => {
    const instance = await open({ model: "fake:slow=1" });
    const [item] = silences([30]) as [WorkloadItem];
    const asked = ask(instance, item, { config: {} });
    const [pid = 0] = instance.pids;
    setTimeout(() => process.kill(pid, "SIGKILL"), 200);
    const beganMs = performance.now();
    await expect(asked).rejects.toMatchObject({
      code: "sidecar_lost",
      message: expect.stringMatching(/the server ended \(SIGKILL\)/),
    });
    expect(performance.now() - beganMs).toBeLessThan(2_000);
    await instance.close();
    expect(alive(pid)).toBe(false);
  });

  test("does not outlive a harness that is killed", async () => {
    const opening = `
      import { sutSchema } from ${JSON.stringify(join(checkoutRoot, "control/src/bench/definition/sut.ts"))};
      import { createSut } from ${JSON.stringify(join(checkoutRoot, "control/src/bench/suts/create.ts"))};
      const sut = createSut(sutSchema.parse({ kind: "hum-helix" }), { env: process.env, cwd: process.cwd() });
      const options = { signal: new AbortController().signal, startTimeoutMs: 20000 };
      const instance = await sut.open({ model: "fake:echo" }, options);
      console.log(instance.pids[0]);
    `;
    const args = ["--input-type=module-typescript", "--eval", opening];
    const harness = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "inherit"] });
    const [line] = (await once(harness.stdout, "data")) as [Buffer];
    const pid = Number(line);
    expect(alive(pid)).toBe(true);
    harness.kill("SIGKILL");
    await vi.waitFor(() => expect(alive(pid)).toBe(false), { timeout: 15_000 });
  });

  test("says what it said when it does not start", async () => {
    await expect(own().open({ model: "fake:load-fail" }, patience)).rejects.toMatchObject({
      code: "loading",
      message: expect.stringMatching(/its script says so/),
    });
    await expect(own().open({ model: "no-such-model" }, patience)).rejects.toMatchObject({ code: "model_unknown" });
    await expect(own().open({ model: "fake:load=30" }, { ...patience, startTimeoutMs: 1_500 })).rejects.toMatchObject({
      code: "loading",
      message: expect.stringMatching(/not ready after 1.5 s/),
    });
  });

  test("has the definition's settings under the run config's engine", async () => {
    const heard: string[] = [];
    const definition = { kind: "hum-helix", settings: { log: { level: "info" }, http: { max_body_bytes: 1000 } } };
    const sut = createSut(sutSchema.parse(definition), { ...context, onLine: (line) => heard.push(line) });
    const instance = await sut.open({ model: "fake:echo" }, patience);
    onTestFinished(() => instance.close());
    const [item] = silences([1]) as [WorkloadItem];
    expect(await ask(instance, item)).toMatchObject({ failure: { code: "too_large" } });
    expect(heard.join("\n")).toMatch(/"route":"\/readyz"/);
    expect(heard.join("\n")).not.toMatch(/redis:/);
  });
});

interface Foreign {
  url: string;
  bodies: string[];
  headers: (string | undefined)[];
}

/** A server that knows little: `answer` is what it says to every request for speech. */
async function startForeign(answer: { status?: number; type?: string; body: string }): Promise<Foreign> {
  const bodies: string[] = [];
  const headers: (string | undefined)[] = [];
  const server: Server = createServer(async (request, response) => {
    headers.push(request.headers.authorization);
    bodies.push(await readText(request));
    response.writeHead(answer.status ?? 200, { "content-type": answer.type ?? "application/json", server: "tiny" });
    response.end(answer.body);
  });
  server.listen(0, "127.0.0.1");
  await vi.waitFor(() => expect(server.listening).toBe(true));
  onTestFinished(() => void server.closeAllConnections());
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, bodies, headers };
}

describe("a foreign server", () => {
  const definition = (url: string, more: object = {}) => ({ kind: "openai-http", name: "peer", url, ...more });

  test("may answer in JSON without segments, and gets the key from its variable", async () => {
    const foreign = await startForeign({ body: '{"text":"Hm."}' });
    const sut = createSut(sutSchema.parse(definition(foreign.url, { api_key_env: "PEER_KEY" })), {
      ...context,
      env: { PEER_KEY: "secret" },
    });
    const instance = await sut.open({}, patience);
    onTestFinished(() => instance.close());
    expect(instance.facts).toEqual({ url: `${foreign.url}/v1`, server: "tiny" });
    const [item] = silences([1]) as [WorkloadItem];
    expect(await ask(instance, item, { config: { model: "whisper-1" } })).toMatchObject({
      ok: true,
      answer: { text: "Hm.", segments: null, language: null, stages: {} },
    });
    expect(foreign.headers.at(-1)).toBe("Bearer secret");
    expect(foreign.bodies.at(-1)).toContain('name="model"\r\n\r\nwhisper-1\r\n');
    expect(foreign.bodies.at(-1)).toContain('name="file"; filename="clip-0.wav"\r\n');
  });

  test("whose answer is none is invalid, and whose failure has no code has its status", async () => {
    const [item] = silences([1]) as [WorkloadItem];
    const odd = await startForeign({ body: "<html>" });
    expect(await ask(await open({}, definition(odd.url)), item)).toMatchObject({ failure: { code: "invalid_answer" } });
    const busy = await startForeign({ status: 503, body: "busy" });
    expect(await ask(await open({}, definition(busy.url)), item)).toMatchObject({ failure: { code: "http_503" } });
  });

  test("that is not there is no SUT, and one that has gone ends the run", async () => {
    await expect(open({}, definition("http://127.0.0.1:9"))).rejects.toMatchObject({ code: "loading" });
    const server = createServer((_, response) => response.end("{}")).listen(0, "127.0.0.1");
    await vi.waitFor(() => expect(server.listening).toBe(true));
    const instance = await open({}, definition(`http://127.0.0.1:${(server.address() as AddressInfo).port}`));
    server.closeAllConnections();
    server.close();
    const [item] = silences([1]) as [WorkloadItem];
    await expect(ask(instance, item)).rejects.toMatchObject({ code: "sidecar_lost" });
  });

  test("that is none of ours is told from one that is, whatever it answers", async () => {
    const { url } = await startForeign({ type: "text/html", body: "<!DOCTYPE html>\n<title>Hello</title>" });
    const there = { kind: "hum-helix", url };
    const message = expect.stringContaining('/readyz answered 200: "<!DOCTYPE html>');
    await expect(open({ model: "base" }, there)).rejects.toMatchObject({ code: "loading", message });
    expect(await sutOf(there).unsupported({ model: "base", device: "cpu" })).toEqual([]);
  });

  test("that refuses the key is no SUT", async () => {
    const foreign = await startForeign({ status: 401, body: "{}" });
    await expect(open({}, definition(foreign.url))).rejects.toMatchObject({
      message: expect.stringMatching(/refuses the key/),
    });
    await expect(open({}, definition(foreign.url, { api_key_env: "NO_SUCH_KEY" }))).rejects.toMatchObject({
      message: expect.stringMatching(/api_key_env names NO_SUCH_KEY, which is not set/),
    });
  });
});

test("the plain library is no SUT for a model of another engine", async () => {
  expect(await sutOf({ kind: "faster-whisper" }).unsupported({ model: "fake:echo", beam_size: 1 })).toEqual(["model"]);
});
