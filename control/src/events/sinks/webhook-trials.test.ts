import { expect, test } from "vitest";
import type { Outgoing } from "../sink.ts";
import { createTrials, webhookPace } from "./webhook-trials.ts";

const eventAt = (position: number): Outgoing => ({
  stream: "system",
  name: "sidecar.started",
  id: `id-${position}`,
  type: "io.humhelix.sidecar.started.v1",
  source: "/humhelix/test/0/system",
  sequence: position,
  partitionKey: "slot",
  json: "{}",
  position,
  predecessor: 0,
});

function createTestTrials() {
  let nowMs = 1_000;
  const clock = { wallMs: () => nowMs, monotonicMs: () => nowMs };
  const trials = createTrials({ clock, pace: webhookPace.retry });
  return {
    trials,
    setNow(ms: number) {
      nowMs = ms;
    },
  };
}

test("an event is tried again after at most 5 s, then ever later, at least every quarter of an hour, for a day", () => {
  const { trials, setNow } = createTestTrials();
  const event = eventAt(1);
  let nowMs = 1_000;
  const waits: number[] = [];
  while (nowMs < webhookPace.patienceMs) {
    trials.failed(event, new Error("no"));
    waits.push(trials.dueMs(event) - nowMs);
    nowMs = trials.dueMs(event);
    setNow(nowMs);
  }
  expect(waits[0]).toBeGreaterThanOrEqual(2_500);
  expect(waits[0]).toBeLessThanOrEqual(5_000);
  expect(Math.max(...waits)).toBeLessThanOrEqual(15 * 60_000);
  expect(waits.length).toBeGreaterThan(96);
  expect(waits.length).toBeLessThan(210);
  expect(trials.failureOf(event)).toMatchObject({ failures: waits.length, lastedMs: nowMs - 1_000 });
});

test("one that was never offered is due at once, and has not failed", () => {
  const { trials } = createTestTrials();
  expect(trials.dueMs(eventAt(1))).toBe(0);
  expect(trials.failureOf(eventAt(1))).toBeNull();
});

test("what lies before the cursor is forgotten, and nothing else", () => {
  const { trials } = createTestTrials();
  trials.delivered(eventAt(1));
  trials.failed(eventAt(2), new Error("no"));
  trials.delivered(eventAt(3));
  trials.forgetBefore(3);
  expect(trials.isDelivered(eventAt(1))).toBe(false);
  expect(trials.failureOf(eventAt(2))).toBeNull();
  expect(trials.isDelivered(eventAt(3))).toBe(true);
});

test("an event that got through after failures has none", () => {
  const { trials } = createTestTrials();
  trials.failed(eventAt(1), new Error("no"));
  trials.delivered(eventAt(1));
  expect(trials.failureOf(eventAt(1))).toBeNull();
  expect(trials.isDelivered(eventAt(1))).toBe(true);
});
