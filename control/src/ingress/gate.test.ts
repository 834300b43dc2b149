import { expect, test } from "vitest";
import { testJob } from "../../test/job.ts";
import { HumError } from "../core/errors.ts";
import type { JobEvent } from "../core/job.ts";
import { createGate, type PassageOptions } from "./gate.ts";

const model = { name: "m", revision: "r", engine: "e", device: "cpu", compute_type: "int8" };
const queued: JobEvent = { type: "queued", position: 0 };
const started: JobEvent = { type: "started", attempt: 1, slot: "s", queue_s: 0, duration_s: 1, model };
const failed = (code: HumError["code"]): JobEvent => ({ type: "failed", attempt: 1, error: new HumError(code, "why") });

function open(options: Partial<PassageOptions> = {}) {
  const told: string[] = [];
  const gate = createGate({
    observe: async (job, event) =>
      void told.push([job.id, event.type, ...("attempt" in event ? [event.attempt] : [])].join(" ")),
    end: async ({ id }, { attempt, error }) => void told.push([id, error.code, attempt].join(" ")),
  });
  const passage = gate.open("a", { attempts: 0, isRequested: false, claimEnd: async () => true, ...options });
  return { gate, passage, told, tell: (event: JobEvent) => gate.observe(testJob("a"), event) };
}

test("jobs of no command pass", async () => {
  const { gate, told } = open();
  await gate.observe(testJob("b"), queued);
  await gate.observe(testJob("b"), failed("overloaded"));
  expect(told).toEqual(["b queued", "b failed 1"]);
});

test("a job's end is told where this node may tell it", async () => {
  const { passage, told, tell } = open();
  for (const event of [queued, started, failed("bad_audio")]) await tell(event);
  expect(told).toEqual(["a queued", "a started 1", "a failed 1"]);
  expect(await passage.close()).toEqual({ kind: "told", result: "bad_audio" });
});

test("a job whose end another node tells falls silent", async () => {
  const { passage, told, tell } = open({ claimEnd: async () => false });
  for (const event of [queued, started, failed("bad_audio"), started]) await tell(event);
  expect(told).toEqual(["a queued", "a started 1"]);
  expect(await passage.close()).toEqual({ kind: "lost" });
});

test("a job that was lost while it ran tells nothing more, and does not ask whether it may", async () => {
  let asked = 0;
  const claimEnd = async (): Promise<boolean> => {
    asked += 1;
    return true;
  };
  const { passage, told, tell } = open({ claimEnd });
  await tell(queued);
  passage.lose();
  for (const event of [started, failed("cancelled")]) await tell(event);
  expect([told, asked]).toEqual([["a queued"], 0]);
  expect(await passage.close()).toEqual({ kind: "lost" });
});

test.each<[string, Partial<PassageOptions>, HumError["code"]]>([
  ["could not be done now", { claimEnd: async () => true }, "overloaded"],
  ["ended while the bus could not be asked", { claimEnd: () => Promise.reject(new Error("away")) }, "bad_audio"],
])("a job that %s is left for later", async (_, options, code) => {
  const { passage, told, tell } = open(options);
  for (const event of [queued, failed(code)]) await tell(event);
  expect(told).toEqual(["a queued"]);
  expect(await passage.close()).toEqual({ kind: "later" });
  expect(passage.told()).toEqual({ attempts: 0, isRequested: true });
});

test("a job that is run again says so, counts on, and is not requested anew", async () => {
  const { passage, told, tell } = open({ attempts: 2, isRequested: true });
  for (const event of [queued, started, { ...started, attempt: 2 }, failed("bad_audio")]) await tell(event);
  expect(told).toEqual(["a restarted 3", "a started 3", "a started 4", "a failed 3"]);
  expect(passage.told()).toEqual({ attempts: 4, isRequested: true });
});

test("what never came to be a job is refused, once", async () => {
  const { passage, told } = open({ attempts: 1 });
  const origin = { id: "a", requestId: "a", causationId: "c", traceparent: null, signal: new AbortController().signal };
  await passage.refuse(origin, new HumError("deadline", "late"));
  expect(told).toEqual(["a deadline 1"]);
  expect(await passage.close()).toEqual({ kind: "told", result: "deadline" });
});

test("what cannot be made safe now is told all the same: it is kept until it can", async () => {
  const gate = createGate({ observe: () => Promise.reject(new Error("full")), end: async () => undefined });
  const passage = gate.open("a", { attempts: 0, isRequested: true, claimEnd: async () => true });
  await expect(gate.observe(testJob("a"), failed("bad_audio"))).rejects.toThrow("full");
  expect(await passage.close()).toEqual({ kind: "told", result: "bad_audio" });
});
