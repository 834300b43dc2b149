import { readdirSync, readFileSync } from "node:fs";
import { expect, onTestFinished, test, vi } from "vitest";
import type { JobEvent } from "../../src/core/job.ts";
import { median } from "../bench/statistics.ts";
import { startServer, type TestServer } from "../e2e/server.ts";
import { ofForm } from "../form.ts";
import { openRig, silence } from "../integration/rig.ts";
import { fakeModel } from "../models.ts";
import { alive } from "../processes.ts";
import { makeWav } from "../wav.ts";

const onLinux = test.skipIf(process.platform !== "linux");

const kills = ofForm({ short: 40, full: 100 });
const stops = ofForm({ short: 16, full: 50 });

/** Reproducible: what kills when must not depend on the day. */
function createRandom(seed: number) {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return state / 2 ** 31;
  };
}

const descriptors = () => readdirSync("/proc/self/fd").length;

onLinux(
  `an engine that is ended ${kills} times at random moments under load: 99 % of the jobs are done, none is called poison, nothing leaks`,
  { timeout: 300_000 },
  async () => {
    const rig = await openRig((config) => {
      config.engine.sidecars = 2;
      config.engine.workers = 2;
      config.engine.slots = 4;
      config.jobs.max_queued = 1000;
      // Ten kills a second find the same job alone more than twice.
      config.jobs.max_attempts = 10;
      // What ends them here says nothing of a model: no verdict on it.
      config.restart.max_failures = 1000;
      config.restart.max_backoff_s = 0.2;
    });
    onTestFinished(rig.close);
    const random = createRandom(9);
    const model = "fake:slow=0.02";
    const engines = () => rig.fleet.status().filter((slot) => slot.role === "engine");
    await rig.submit(model).transcript;
    const before = descriptors();
    let killed = 0;
    const outcomes: string[] = [];
    const pids = new Set<number>();
    const submitted: Promise<void>[] = [];
    const backMs: number[] = [];
    while (killed < kills) {
      for (let job = 0; job < 4; job += 1) {
        const { transcript } = rig.submit(model, { audio: silence(1 + Math.floor(random() * 10)) });
        submitted.push(
          transcript.then(
            () => void outcomes.push("done"),
            (error: { code: string }) => void outcomes.push(error.code),
          ),
        );
      }
      const victim = engines().find((slot) => slot.state === "ready" && slot.in_flight > 0);
      if (victim?.pid != null) {
        const { pid } = victim;
        // Sent from outside to a process with one job, it could not be told from a crash that the job caused.
        const signal = victim.in_flight > 1 && random() < 0.5 ? "SIGSEGV" : "SIGKILL";
        pids.add(pid);
        const killedMs = performance.now();
        process.kill(pid, signal);
        killed += 1;
        await vi.waitFor(
          () =>
            expect(engines().find(({ slot }) => slot === victim.slot)).toMatchObject({
              state: "ready",
              pid: expect.not.toBeOneOf([pid]),
            }),
          {
            timeout: 10_000,
            interval: 5,
          },
        );
        backMs.push(performance.now() - killedMs);
      }
      await new Promise((resolve) => setTimeout(resolve, random() * 50));
    }
    await Promise.all(submitted);
    const count = (code: string) => outcomes.filter((outcome) => outcome === code).length;
    expect(count("poison_input")).toBe(0);
    expect(count("done") + count("sidecar_lost")).toBe(outcomes.length);
    expect(count("done") / outcomes.length).toBeGreaterThanOrEqual(0.99);
    expect([...pids].filter(alive)).toEqual([]);
    // Python takes most of it: the time to load.
    const loads = rig.slotEvents.filter((event) => event.type === "ready").length;
    expect(loads).toBeGreaterThanOrEqual(kills);
    expect(median(backMs)).toBeLessThan(2000);
    expect(readdirSync(rig.dir).filter((name) => name.endsWith(".pcm"))).toEqual([]);
    expect(descriptors()).toBeLessThanOrEqual(before + 4);
    const terminal = ({ type }: JobEvent) => type === "done" || type === "failed";
    const ended = rig.jobEvents.filter(({ event }) => terminal(event)).map(({ id }) => id);
    expect(new Set(ended).size).toBe(ended.length);
    expect(ended.length).toBe(outcomes.length + 1);
  },
);

onLinux(
  "a process that dies as often as it is started is given up at the 6th death, and costs under 5 % of a core from then on",
  { timeout: 120_000 },
  async () => {
    const rig = await openRig((config) => {
      config.restart.backoff_s = 0.1;
      config.models.load_cool_down_s = 60;
    });
    onTestFinished(rig.close);
    await rig.fleet.use(fakeModel("fake:echo"));
    const engine = () => rig.fleet.status().find((slot) => slot.role === "engine");
    for (let death = 0; death < 6; death += 1) {
      const { pid } = await vi.waitFor(
        () => {
          const slot = engine();
          if (slot?.state !== "ready" || slot.pid === null) throw new Error(`the engine is ${slot?.state}`);
          return slot;
        },
        { timeout: 20_000, interval: 5 },
      );
      process.kill(pid ?? 0, "SIGKILL");
      await vi.waitFor(() => expect(engine()?.pid).not.toBe(pid));
    }
    expect(engine()).toMatchObject({ state: "failed", reason: expect.stringContaining("6 deaths in a row") });
    const spawned = () => rig.slotEvents.filter((event) => event.type === "started").length;
    const started = spawned();
    const cpu = process.cpuUsage();
    const sinceMs = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 5000));
    const { user, system } = process.cpuUsage(cpu);
    expect((user + system) / 1000 / (performance.now() - sinceMs)).toBeLessThan(0.05);
    expect(spawned()).toBe(started);
  },
);

const clip = makeWav(Buffer.alloc(32_000 * 3));

/** One request's fate: a status, or how its connection broke. */
async function fateOf(url: string): Promise<string> {
  try {
    const response = await fetch(`${url}/v1/audio/transcriptions?speech_gate=false`, {
      method: "POST",
      headers: { "content-type": "audio/wav" },
      body: clip,
    });
    await response.arrayBuffer();
    return String(response.status);
  } catch (error) {
    const { cause } = error as { cause?: { code?: string } };
    return cause?.code ?? String(error);
  }
}

const childrenOf = (pid: number) =>
  readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" ").filter(Boolean).map(Number),
  );

/** Starts a server, loads it, ends it by SIGTERM after `delayMs`, and tells what became of everything. */
async function endUnderLoad(delayMs: number) {
  const server: TestServer = await startServer({ HUM_MODEL: "fake:slow=0.05", HUM_ALLOW_FAKE_MODELS: "true" });
  const children = childrenOf(server.pid);
  const accepted = Array.from({ length: 12 }, () => fateOf(server.url));
  // Accepted is what has become a job: a connection that is only being made may still be reset.
  await vi.waitFor(
    async () => {
      const { data } = (await (await fetch(`${server.url}/v1/jobs`)).json()) as { data: unknown[] };
      expect(data).toHaveLength(accepted.length);
    },
    { timeout: 10_000, interval: 5 },
  );
  await new Promise((resolve) => setTimeout(resolve, delayMs));
  const termMs = performance.now();
  process.kill(server.pid, "SIGTERM");
  const exit = await server.exited;
  const tookMs = performance.now() - termMs;
  const fates = await Promise.all(accepted);
  await server.stop();
  return { fates, tookMs, code: exit.code, children };
}

onLinux(
  `SIGTERM under load ${stops} times: every accepted request is answered, each exit is in order and within 30 s, no process stays`,
  { timeout: 600_000 },
  async () => {
    const random = createRandom(15);
    const ends: Awaited<ReturnType<typeof endUnderLoad>>[] = [];
    const side = async () => {
      while (ends.length < stops) ends.push(await endUnderLoad(random() * 200));
    };
    // Two side by side, one for each core that every machine has.
    await Promise.all([side(), side()]);
    expect(ends.length).toBeGreaterThanOrEqual(stops);
    // 503 tells to come again: what the stop left no time for.
    for (const { fates } of ends) expect(fates.filter((fate) => fate !== "200" && fate !== "503")).toEqual([]);
    expect(ends.flatMap(({ fates }) => fates).filter((fate) => fate === "200").length).toBeGreaterThan(stops);
    expect(ends.filter(({ code }) => code !== 0)).toEqual([]);
    expect(Math.max(...ends.map(({ tookMs }) => tookMs))).toBeLessThan(30_000);
    await vi.waitFor(() => expect(ends.flatMap(({ children }) => children).filter(alive)).toEqual([]), {
      timeout: 5000,
    });
  },
);
