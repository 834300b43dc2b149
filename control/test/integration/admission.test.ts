import { expect, onTestFinished, test, vi } from "vitest";
import { failureOf, openRig, silence } from "./rig.ts";

/** A scripted engine with one slot, which one long job takes, so that whatever comes next waits. */
async function busyRig(...adjust: Parameters<typeof openRig>) {
  const rig = await openRig(...adjust);
  onTestFinished(rig.close);
  const busy = new AbortController();
  onTestFinished(() => busy.abort());
  const long = rig.submit(model, { audio: silence(30), signal: busy.signal });
  long.transcript.catch(() => undefined);
  await vi.waitFor(() => expect(rig.scheduler.inFlight()).toBe(1), { timeout: 20_000, interval: 10 });
  const wait = (more: Parameters<typeof rig.submit>[1]) => {
    const handle = rig.submit(model, { signal: busy.signal, ...more });
    handle.transcript.catch(() => undefined);
    return handle;
  };
  return { ...rig, wait };
}

const model = "fake:slow=1";
const oneSlot = { workers: 1, slots: 1 };

test("no more audio waits than jobs.max_queued_audio_s: what comes then is refused with both numbers, and loses nobody", async () => {
  const { wait, scheduler } = await busyRig((config) => {
    Object.assign(config.engine, oneSlot);
    config.jobs.max_queued_audio_s = 10;
  });
  for (let job = 0; job < 4; job += 1) wait({ audio: silence(3) });
  expect(() => wait({ audio: silence(1) })).toThrow("12 s of audio wait already; at most 10 s may");
  expect(() => scheduler.admit()).toThrow(expect.objectContaining({ code: "overloaded", retryable: true }));
  expect(scheduler.queued()).toBe(4);
});

test("no more bytes wait than jobs.max_queued_bytes, whoever sent them", async () => {
  const { wait, scheduler } = await busyRig((config) => {
    Object.assign(config.engine, oneSlot);
    config.jobs.max_queued_bytes = 150_000;
  });
  wait({ audio: silence(3), priority: "batch" });
  wait({ audio: silence(3), priority: "live" });
  expect(() => wait({ audio: silence(3) })).toThrow("192000 bytes wait already; at most 150000 may");
  expect(scheduler.queued()).toBe(2);
});

test("a job that leaves makes room for the next", async () => {
  const { wait, scheduler } = await busyRig((config) => {
    Object.assign(config.engine, oneSlot);
    config.jobs.max_queued = 1;
  });
  const first = wait({ audio: silence(3) });
  expect(() => wait({ audio: silence(3) })).toThrow("1 jobs wait already; at most 1 may");
  scheduler.cancel(first.id);
  expect((await failureOf(first.transcript)).code).toBe("cancelled");
  wait({ audio: silence(3) });
  expect(scheduler.queued()).toBe(1);
});
