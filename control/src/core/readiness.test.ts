import { expect, test } from "vitest";
import { judgeReadiness, type SlotStatus } from "./readiness.ts";

const slot = (more: Partial<SlotStatus>): SlotStatus => ({
  slot: "engine-base-0",
  role: "engine",
  model: "base",
  state: "ready",
  pid: 1,
  restarts: 0,
  in_flight: 0,
  credit: 3,
  memory_bytes: null,
  reason: null,
  ...more,
});
const decoder = slot({ slot: "decoder-0", role: "decoder", model: null });
const connected = {
  sink: "redis",
  state: "connected",
  required: true,
  held: 0,
  oldest_age_s: 0,
  dropped: 0,
  replaying: 0,
  reason: null,
} as const;
const quiet = {
  commands: [],
  queued: 0,
  in_flight: 0,
  last_success_age_s: null,
  defaultModel: "base",
  eventTrouble: null,
};

test("an engine for the default model, a decoder and a connected sink are ready", () => {
  const readiness = judgeReadiness({ ...quiet, slots: [slot({}), decoder], sinks: [connected] });
  expect(readiness).toMatchObject({ status: "ready", reasons: [] });
});

test("another model's engine does not make the default model ready", () => {
  const loading = slot({ state: "loading" });
  const other = slot({ model: "tiny.en" });
  const readiness = judgeReadiness({ ...quiet, slots: [loading, other, decoder], sinks: [connected] });
  expect(readiness.status).toBe("unready");
  expect(readiness.reasons).toEqual(["no engine for the default model base is ready"]);
});

test("a dead sink or one failed slot of two degrades and is named", () => {
  const failed = slot({ slot: "engine-base-1", state: "failed", reason: "never ready" });
  const down = { ...connected, state: "down", held: 7, reason: "ECONNREFUSED" } as const;
  const readiness = judgeReadiness({ ...quiet, slots: [slot({}), failed, decoder], sinks: [down] });
  expect(readiness.status).toBe("degraded");
  expect(readiness.reasons).toEqual([
    "engine-base-1 is in state failed: never ready",
    "events to redis are held (7): ECONNREFUSED",
  ]);
});

test("a node that could not keep an event takes no work, and is unready", () => {
  const full = { ...quiet, eventTrouble: "database or disk is full" };
  expect(judgeReadiness({ ...full, slots: [slot({}), decoder], sinks: [connected] })).toMatchObject({
    status: "unready",
    reasons: ["events cannot be kept: database or disk is full"],
  });
});

test("without a decoder it is unready, since media could not be read", () => {
  expect(judgeReadiness({ ...quiet, slots: [slot({})], sinks: [connected] }).status).toBe("unready");
});

test("a default model that was unloaded degrades, since the next request loads it", () => {
  const readiness = judgeReadiness({ ...quiet, slots: [decoder], sinks: [connected] });
  expect(readiness).toMatchObject({ status: "degraded", reasons: [expect.stringContaining("next request loads it")] });
});
