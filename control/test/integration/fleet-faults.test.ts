import { expect, onTestFinished, test, vi } from "vitest";
import type { Config } from "../../src/core/config.ts";
import { samplePath } from "../e2e/server.ts";
import { alive } from "../processes.ts";
import { failureOf, mediaFile, openRig, silence } from "./rig.ts";

async function rig(adjust?: (config: Config) => void) {
  const opened = await openRig(adjust);
  onTestFinished(opened.close);
  return opened;
}

const terminals = (events: { id: string; event: { type: string } }[], id: string) =>
  events.filter((told) => told.id === id && (told.event.type === "done" || told.event.type === "failed"));

test("a job is queued, started, told segment by segment and done", async () => {
  const { submit } = await rig();
  const handle = submit("fake:echo");
  const types = await Array.fromAsync(handle.events(), (event) => event.type);
  expect(types).toEqual(["queued", "started", "segment", "segment", "segment", "done"]);
  expect((await handle.transcript).text).toBe(" segment 0 segment 1 segment 2");
});

test("a sidecar that is killed in mid-job is restarted, and its job runs again without repeating a segment", async () => {
  const { submit, slotEvents, jobEvents } = await rig();
  const handle = submit("fake:crash-at=2,attempts=1");
  const events = await Array.fromAsync(handle.events());
  expect(events.filter((event) => event.type === "segment").map((event) => event.index)).toEqual([0, 1, 2]);
  expect(events.filter((event) => event.type === "started").map((event) => event.attempt)).toEqual([1, 2]);
  expect((await handle.transcript).text).toBe(" segment 0 segment 1 segment 2");
  expect(slotEvents.filter((event) => event.type === "crashed")).toHaveLength(1);
  expect(terminals(jobEvents, handle.id)).toHaveLength(1);
});

test("in a pool of two, the other sidecar takes over while the crashed one backs off", async () => {
  const { submit, slotEvents } = await rig((config) => {
    config.engine.sidecars = 2;
    config.restart.backoff_s = 20;
    config.restart.max_backoff_s = 20;
  });
  const transcript = await submit("fake:crash-at=1,attempts=1").transcript;
  expect(transcript.segments).toHaveLength(3);
  expect(slotEvents.filter((event) => event.type === "restarting")).toHaveLength(1);
});

test("a hung IO loop is found by unanswered pings, its process is killed, and the job runs again", async () => {
  const { submit, slotEvents } = await rig();
  const transcript = await submit("fake:hang-io,attempts=1").transcript;
  expect(transcript.segments).toHaveLength(3);
  const [crashed] = slotEvents.filter((event) => event.type === "crashed");
  expect(crashed?.reason).toMatch(/IO loop is stuck/);
  expect(alive(crashed?.pid ?? 0)).toBe(false);
});

test("a slow load is waited for without a ping being missed", async () => {
  const { submit, slotEvents } = await rig();
  const transcript = await submit("fake:load=2").transcript;
  expect(transcript.segments).toHaveLength(3);
  expect(slotEvents.filter((event) => event.type === "crashed")).toHaveLength(0);
});

test("a load that takes longer than allowed is ended", async () => {
  const { submit } = await rig((config) => {
    config.engine.load_timeout_s = 0.5;
  });
  const failure = await failureOf(submit("fake:load=30").transcript);
  expect(failure).toMatchObject({ code: "loading", retryable: true });
  expect(failure.message).toMatch(/not ready within 500 ms/);
});

test("a model that fails to load is tried twice, and then refused at once with the reason", async () => {
  const { submit, slotEvents } = await rig();
  const failure = await failureOf(submit("fake:load-fail").transcript);
  expect(failure.code).toBe("loading");
  expect(slotEvents.filter((event) => event.type === "started" && event.slot.includes("fake"))).toHaveLength(2);
  const startedMs = performance.now();
  expect((await failureOf(submit("fake:load-fail").transcript)).code).toBe("loading");
  expect(performance.now() - startedMs).toBeLessThan(100);
});

test("a sidecar that sends garbage is killed, and the job runs again", async () => {
  const { submit, slotEvents, metrics } = await rig();
  const transcript = await submit("fake:garbage,attempts=1").transcript;
  expect(transcript.segments).toHaveLength(3);
  expect(slotEvents.some((event) => event.type === "crashed" && /no message/.test(event.reason))).toBe(true);
  const refused = await metrics.wireRefused.get();
  expect(refused.values.reduce((sum, { value }) => sum + value, 0)).toBeGreaterThan(0);
});

test("a cancelled job ends at once, and its slot serves the next job", async () => {
  const { submit, jobEvents } = await rig((config) => {
    config.engine.workers = 1;
  });
  const leaver = new AbortController();
  const handle = submit("fake:slow=0.2", { audio: silence(30), signal: leaver.signal });
  for await (const event of handle.events()) if (event.type === "segment") break;
  leaver.abort();
  expect((await failureOf(handle.transcript)).code).toBe("cancelled");
  expect((await submit("fake:slow=0.2", { audio: silence(1) }).transcript).segments).toHaveLength(1);
  expect(terminals(jobEvents, handle.id)).toHaveLength(1);
});

test("a job that is cancelled while it waits never reaches a sidecar", async () => {
  const { submit } = await rig();
  const leaver = new AbortController();
  const handle = submit("fake:load=1", { signal: leaver.signal });
  leaver.abort();
  expect((await failureOf(handle.transcript)).code).toBe("cancelled");
  expect(await Array.fromAsync(handle.events(), (event) => event.type)).toEqual(["queued", "failed"]);
});

test("a job past its deadline fails with deadline", async () => {
  const { submit, config } = await rig((adjusted) => {
    adjusted.jobs.timeout_s = 0.5;
  });
  const failure = await failureOf(submit("fake:slow=0.3", { audio: silence(30) }).transcript);
  expect(failure.code).toBe("deadline");
  expect(config.jobs.timeout_s).toBe(0.5);
});

test("a full queue refuses the next job with overloaded and loses none that it took", async () => {
  const { submit, overloads } = await rig((config) => {
    config.jobs.max_queued = 4;
    config.engine.workers = 1;
  });
  const taken = Array.from({ length: 4 }, () => submit("fake:load=0.5"));
  for (let refusal = 0; refusal < 3; refusal += 1) {
    expect(() => submit("fake:load=0.5")).toThrow(expect.objectContaining({ code: "overloaded" }));
  }
  expect(overloads()).toBe(1);
  const transcripts = await Promise.all(taken.map((handle) => handle.transcript));
  expect(transcripts).toHaveLength(4);
});

test("30 jobs whose first attempt each ends its process are all done in the end, with one terminal event each", async () => {
  const { submit, jobEvents } = await rig((config) => {
    config.engine.sidecars = 2;
    config.engine.workers = 1;
    config.restart.max_failures = 100;
  });
  // An attempt that a neighbour's crash cut short counts for the script too: it would not crash by itself any more.
  const handles = Array.from({ length: 30 }, (_, index) =>
    submit("fake:crash-at=1,attempts=1", { audio: silence(2 + index / 100) }),
  );
  const transcripts = await Promise.all(handles.map((handle) => handle.transcript));
  expect(transcripts.map((transcript) => transcript.segments.length)).toEqual(
    handles.map((_, index) => (index === 0 ? 2 : 3)),
  );
  for (const { id } of handles) {
    expect(terminals(jobEvents, id)).toEqual([
      expect.objectContaining({ event: expect.objectContaining({ type: "done" }) }),
    ]);
  }
});

test("a decoder that is given up comes back after it has cooled down", async () => {
  const { submit, fleet } = await rig((config) => {
    config.restart.max_failures = 1;
  });
  const decoder = () => fleet.decoders.status()[0];
  const reach = (state: string) =>
    vi.waitFor(() => expect(decoder()?.state).toBe(state), { timeout: 10_000, interval: 10 });
  for (let death = 0; death < 2; death += 1) {
    await reach("ready");
    process.kill(decoder()?.pid ?? 0, "SIGKILL");
    await vi.waitFor(() => expect(decoder()?.state).not.toBe("ready"));
  }
  await reach("failed");
  const refused = await failureOf(submit("fake:echo", { audio: mediaFile(samplePath) }).transcript);
  expect(refused).toMatchObject({ code: "loading", retryable: true });
  await reach("ready");
  expect((await submit("fake:echo", { audio: mediaFile(samplePath) }).transcript).duration_s).toBe(11);
});

test("a drain fails what a stuck engine holds as retryable, and the fleet still stops", async () => {
  const { submit, scheduler, fleet, slotEvents } = await rig();
  const handle = submit("fake:hang-at=1");
  for await (const event of handle.events()) if (event.type === "segment") break;
  await scheduler.drain(100);
  expect(await failureOf(handle.transcript)).toMatchObject({
    code: "overloaded",
    retryable: true,
    stage: "transcribe",
  });
  expect(() => submit("fake:echo")).toThrow(expect.objectContaining({ code: "overloaded" }));
  await fleet.stop();
  expect(fleet.status().map((slot) => [slot.role, slot.state, slot.pid])).toEqual([["decoder", "stopped", null]]);
  expect(slotEvents.filter((event) => event.type === "stopped")).toHaveLength(2);
  expect(slotEvents.flatMap((event) => (event.pid === null ? [] : [event.pid])).filter(alive)).toEqual([]);
});

test.each(["fake:load=30", "fake:load-fail", "fake:crash-at=0"])(
  "a stop while %s loads or backs off settles its job",
  async (model) => {
    const { submit, fleet, slotEvents } = await rig((config) => {
      config.restart.backoff_s = 20;
      config.restart.max_backoff_s = 20;
    });
    const handle = submit(model);
    const awaited = model === "fake:load=30" ? "started" : "restarting";
    await vi.waitFor(() =>
      expect(slotEvents.some((event) => event.type === awaited && event.slot.includes("fake"))).toBe(true),
    );
    await fleet.stop();
    expect((await failureOf(handle.transcript)).code).toBe("loading");
  },
);
