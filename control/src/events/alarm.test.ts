import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createMetrics } from "../core/metrics.ts";
import type { SinkStatus } from "../core/readiness.ts";
import { createAlarm } from "./alarm.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const healthy: SinkStatus = {
  sink: "redis",
  state: "connected",
  required: true,
  held: 0,
  oldest_age_s: 0,
  dropped: 0,
  replaying: 0,
  reason: null,
};

function rig() {
  let health = healthy;
  const told: string[] = [];
  const metrics = createMetrics();
  const pump = { health: () => health };
  const alarm = createAlarm({
    spool: { usedBytes: () => 4_096 },
    pumps: [pump],
    metrics,
    tell: (name, _, { depth }) => void told.push(`${name} ${depth}`),
  });
  alarm.start();
  const wait = async (held: number, oldest_age_s: number) => {
    health = { ...healthy, held, oldest_age_s };
    await vi.advanceTimersByTimeAsync(1_000);
  };
  return { alarm, told, metrics, wait };
}

test("a sink is told as degraded once its oldest event is late, and as recovered once it has caught up", async () => {
  const { told, wait } = rig();
  await wait(10, 4.9);
  await wait(20, 5.1);
  await wait(30, 6.1);
  await wait(0, 0);
  await wait(0, 0);
  expect(told).toEqual(["delivery.degraded 20", "delivery.recovered 0"]);
});

test("one that wavers about the bound is told once", async () => {
  const { told, wait } = rig();
  for (let time = 0; time < 20; time += 1) await wait(10, time % 2 === 0 ? 5.2 : 4.8);
  expect(told).toEqual(["delivery.degraded 10"]);
});

test("the gauges say how many wait, and for how long", async () => {
  const { metrics, wait } = rig();
  await wait(7, 3);
  expect((await metrics.eventsHeld.get()).values).toMatchObject([{ value: 7, labels: { sink: "redis" } }]);
  expect((await metrics.eventsOldest.get()).values).toMatchObject([{ value: 3, labels: { sink: "redis" } }]);
});

test("a stop silences it", async () => {
  const { alarm, told, wait } = rig();
  alarm.stop();
  await wait(10, 60);
  expect(told).toEqual([]);
});
