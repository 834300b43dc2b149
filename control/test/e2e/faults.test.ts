import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { expect, onTestFinished, test, vi } from "vitest";
import { statusOf } from "../../src/platform/process-state.ts";
import { alive } from "../processes.ts";
import { makeWav, pcmOf } from "../wav.ts";
import { jfkText, samplePath, startServer } from "./server.ts";

const onLinux = test.skipIf(process.platform !== "linux");

async function server(env?: Record<string, string>) {
  const started = await startServer(env);
  onTestFinished(async () => void (await started.stop()));
  return started;
}

interface Slots {
  slots: { role: string; pid: number; in_flight: number; state: string }[];
}

const slotsOf = async (url: string) => ((await (await fetch(`${url}/readyz`)).json()) as Slots).slots;

const enginePid = async (url: string) => (await slotsOf(url)).find((slot) => slot.role === "engine")?.pid ?? 0;

function post(url: string, options: { query?: string; body?: Buffer<ArrayBuffer>; signal?: AbortSignal } = {}) {
  return fetch(`${url}/v1/audio/transcriptions?response_format=text${options.query ?? ""}`, {
    method: "POST",
    headers: { "content-type": "audio/wav" },
    body: options.body ?? readFileSync(samplePath),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
}

/** Until the engine works on something. */
const busy = (url: string) =>
  vi.waitFor(async () => expect((await slotsOf(url)).some((slot) => slot.in_flight > 0)).toBe(true), {
    timeout: 20_000,
    interval: 20,
  });

test("kill -9 of the engine in mid-request: the client still gets its transcript", async () => {
  const { url } = await server();
  const first = await enginePid(url);
  const answer = post(url);
  await busy(url);
  process.kill(first, "SIGKILL");
  const response = await answer;
  expect([response.status, (await response.text()).trim()]).toEqual([200, jfkText]);
  expect(await enginePid(url)).not.toBe(first);
});

test("SIGSTOP of the engine in mid-request is found within 5 s, and the client still gets its transcript", async () => {
  const { url } = await server();
  const first = await enginePid(url);
  const answer = post(url);
  await busy(url);
  process.kill(first, "SIGSTOP");
  await vi.waitFor(() => expect(alive(first)).toBe(false), { timeout: 6000, interval: 20 });
  const response = await answer;
  expect([response.status, (await response.text()).trim()]).toEqual([200, jfkText]);
});

onLinux("kill -9 of the control plane: no child of it lives 2 s later (needs /proc)", async () => {
  const { url, pid } = await server();
  const children = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((child) => statusOf(child)[1] === String(pid));
  // Engine, decoder and the embedded Valkey.
  expect(children.length).toBeGreaterThanOrEqual(3);
  expect(await enginePid(url)).toBeGreaterThan(0);
  process.kill(pid, "SIGKILL");
  await vi.waitFor(() => expect(children.filter(alive)).toEqual([]), { timeout: 2000, interval: 20 });
});

test("a client that leaves in mid-transcription stops the engine's work", async () => {
  const { url } = await server();
  const leaver = new AbortController();
  // Two minutes of speech, whose transcription would take many seconds.
  const answer = post(url, { signal: leaver.signal, body: longSpeech(11) });
  await busy(url);
  leaver.abort();
  await expect(answer).rejects.toThrow(/abort/i);
  await vi.waitFor(async () => expect((await slotsOf(url)).every((slot) => slot.in_flight === 0)).toBe(true), {
    timeout: 10_000,
    interval: 50,
  });
  const metrics = await (await fetch(`${url}/metrics`)).text();
  expect(metrics).toMatch(/hum_jobs_total\{[^}]*outcome="cancelled"\} 1/);
});

/** The sample, again and again, as one PCM WAV. */
function longSpeech(times: number): Buffer<ArrayBuffer> {
  const pcm = pcmOf(readFileSync(samplePath));
  return makeWav(Buffer.concat(Array.from({ length: times }, () => pcm)));
}

onLinux("a 60 MB upload leaves the control plane's memory within 30 MB of where it was (needs /proc)", async () => {
  const { url, pid } = await server({ HUM_ALLOW_FAKE_MODELS: "true" });
  const running = async () => {
    const { data } = (await (await fetch(`${url}/v1/jobs`)).json()) as { data: { state: string }[] };
    return data.filter(({ state }) => state === "running");
  };
  // So slow that what is measured is the upload up to the engine's call, and no transcript.
  const model = "fake:slow=10";
  await fetch(`${url}/v1/models/load`, { method: "POST", body: JSON.stringify({ model }) });
  // The first body brings what stays for good: the code of the path.
  expect((await post(url, { query: "&model=fake:echo&speech_gate=false", body: longSpeech(30) })).status).toBe(200);
  const body = longSpeech(180);
  expect(body.byteLength).toBeGreaterThan(60_000_000);
  forgetPeak(pid);
  const before = peakBytes(pid);
  const leaving = new AbortController();
  const query = `&model=${model}&speech_gate=false`;
  const answer = post(url, { query, body, signal: leaving.signal }).catch(() => "left");
  await vi.waitFor(async () => expect(await running()).toHaveLength(1), { timeout: 30_000, interval: 20 });
  expect(peakBytes(pid) - before).toBeLessThan(30 * 1024 * 1024);
  leaving.abort();
  expect(await answer).toBe("left");
});

/** The peak of its resident memory is what it has now (proc(5), clear_refs). */
const forgetPeak = (pid: number) => writeFileSync(`/proc/${pid}/clear_refs`, "5");

function peakBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}

test("Ctrl-C stops everything with exit code 0 and leaves no process behind", async () => {
  const started = await startServer();
  const slots = await slotsOf(started.url);
  process.kill(started.pid, "SIGINT");
  expect(await started.exited).toMatchObject({ code: 0 });
  expect(slots.map((slot) => slot.pid).filter(alive)).toEqual([]);
  await started.stop();
});
