import { expect, onTestFinished, test, vi } from "vitest";
import type { Config } from "../../src/core/config.ts";
import { failureOf, openRig, silence } from "./rig.ts";

async function rig(adjust?: (config: Config) => void) {
  const opened = await openRig((config) => {
    config.engine.workers = 4;
    config.engine.slots = 4;
    adjust?.(config);
  });
  onTestFinished(opened.close);
  const deaths = () => opened.slotEvents.filter((event) => event.type === "crashed").length;
  return { ...opened, deaths };
}

const poisonous = "fake:slow=0.05,poison=2";

test("poison ends two processes at most, is refused within 50 ms from then on, and no bystander is called poison", async () => {
  const { submit, deaths } = await rig();
  const poison = submit(poisonous, { audio: silence(2) });
  const bystanders = Array.from({ length: 8 }, (_, index) => submit(poisonous, { audio: silence(3 + index) }));
  expect(await failureOf(poison.transcript)).toMatchObject({ code: "poison_input", retryable: false });
  const transcripts = await Promise.all(bystanders.map((handle) => handle.transcript));
  expect(transcripts.map(({ segments }) => segments.length)).toEqual([3, 4, 5, 6, 7, 8, 9, 10]);
  expect(deaths()).toBe(2);
  const startedMs = performance.now();
  expect(() => submit(poisonous, { audio: silence(2) })).toThrow(expect.objectContaining({ code: "poison_input" }));
  expect(performance.now() - startedMs).toBeLessThan(50);
  expect(deaths()).toBe(2);
});

test("the same poison 6 times at once ends two processes, and each of its jobs is told", async () => {
  const { submit, deaths } = await rig();
  const handles = Array.from({ length: 6 }, () => submit(poisonous, { audio: silence(2) }));
  const failures = await Promise.all(handles.map(({ transcript }) => failureOf(transcript)));
  expect(failures.map(({ code }) => code)).toEqual(Array.from({ length: 6 }, () => "poison_input"));
  expect(deaths()).toBe(2);
});

test("poison is refused no longer than jobs.poison_s", async () => {
  const { submit } = await rig((config) => {
    config.jobs.poison_s = 0.2;
  });
  expect((await failureOf(submit("fake:exit-at=0").transcript)).code).toBe("poison_input");
  expect(() => submit("fake:echo")).toThrow(/poison|ended the processes/);
  await vi.waitFor(async () => expect((await submit("fake:echo").transcript).segments).toHaveLength(3));
});

test("8 poison files in a row take a model that works down for nobody", async () => {
  const { submit, deaths, fleet } = await rig();
  await submit("fake:crash-at=2", { audio: silence(2) }).transcript;
  for (let file = 0; file < 8; file += 1) {
    const audio = silence(3 + file / 10);
    expect((await failureOf(submit("fake:crash-at=2", { audio }).transcript)).code).toBe("poison_input");
  }
  expect(deaths()).toBe(16);
  expect((await submit("fake:crash-at=2", { audio: silence(2) }).transcript).segments).toHaveLength(2);
  expect(fleet.status().every(({ state }) => state === "ready")).toBe(true);
});

test("jobs that a death only cut short lose no attempt by it", async () => {
  const { submit } = await rig((config) => {
    config.jobs.max_attempts = 2;
  });
  const patient = submit("fake:slow=0.1,poison=2", { audio: silence(12) });
  for (const seconds of [2, 2.5]) {
    for await (const event of patient.events()) if (event.type === "segment") break;
    await submit("fake:slow=0.1,poison=2", { audio: silence(seconds) }).transcript.catch(() => undefined);
  }
  expect((await patient.transcript).segments).toHaveLength(12);
});

test("SIGKILL says nothing of the input: it is tried max_attempts times, and is never poison", async () => {
  const { submit, config, deaths } = await rig();
  const failure = await failureOf(submit("fake:kill-at=1").transcript);
  expect(failure).toMatchObject({ code: "sidecar_lost", retryable: true });
  expect(failure.message).toContain(`tried ${config.jobs.max_attempts} times`);
  expect(deaths()).toBe(config.jobs.max_attempts);
  expect(() => submit("fake:echo")).not.toThrow();
});

test("a call that never returns is found, its process killed, and alone it is engine_stalled", async () => {
  const { submit, slotEvents } = await rig((config) => {
    config.liveness.engine_stall_s = 0.5;
  });
  const stalled = submit("fake:hang-at=1");
  const failure = await failureOf(stalled.transcript);
  expect(failure).toMatchObject({ code: "engine_stalled" });
  const crashed = slotEvents.filter((event) => event.type === "crashed");
  expect(crashed.map(({ reason }) => reason)).toEqual([
    expect.stringMatching(/runs for 0\.\d s, over 0\.5 s: it is stuck/),
    expect.stringMatching(/it is stuck/),
  ]);
  expect(() => submit("fake:hang-at=1")).toThrow(expect.objectContaining({ code: "poison_input" }));
});

test("a stall that does not come again costs its job and its neighbours nothing but time", async () => {
  const { submit } = await rig((config) => {
    config.liveness.engine_stall_s = 0.5;
  });
  const handles = [submit("fake:hang-at=1,attempts=1"), submit("fake:hang-at=1,attempts=1", { audio: silence(1) })];
  const transcripts = await Promise.all(handles.map((handle) => handle.transcript));
  expect(transcripts.map(({ segments }) => segments.length)).toEqual([3, 1]);
});

test("long work and an idle process are no stall", async () => {
  const { submit, slotEvents } = await rig((config) => {
    config.liveness.engine_stall_s = 0.3;
  });
  expect((await submit("fake:slow=0.1", { audio: silence(12) }).transcript).segments).toHaveLength(12);
  expect(slotEvents.filter((event) => event.type === "crashed")).toEqual([]);
});

test("a suspect runs alone: nothing else is in work in its process meanwhile", async () => {
  const { submit, jobEvents } = await rig();
  const model = "fake:slow=0.05,crash-at=1,attempts=1";
  const suspects = [submit(model), submit(model, { audio: silence(4) })];
  await vi.waitFor(() => expect(jobEvents.filter(({ event }) => event.type === "started")).toHaveLength(2));
  const later = submit(model, { audio: silence(1) });
  await Promise.all([...suspects, later].map((handle) => handle.transcript));
  // What the process told; that a job is done is told by us, a moment after the next one was sent.
  const second = jobEvents.filter(({ event }) => "attempt" in event && event.attempt === 2 && event.type !== "done");
  const [first, other] = suspects.map(({ id }) => id);
  const turns = second.map(({ id }) => id).filter((id, index, ids) => id !== ids[index - 1]);
  expect(turns).toEqual([first, other]);
});
