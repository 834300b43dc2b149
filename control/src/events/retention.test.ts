import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { type FeedRigOptions, memorySink, openFeedRig } from "../../test/feed-rig.ts";
import { createMemoryBus } from "../../test/memory-bus.ts";
import { systemClock } from "../core/clock.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "hum-retention-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

async function open(options: FeedRigOptions) {
  const rig = await openFeedRig(dir, options);
  let closed: Promise<void> | null = null;
  const close = () => (closed ??= rig.close());
  onTestFinished(close);
  let told = 0;
  /** About a kilobyte each. */
  const tell = async (count: number) => {
    for (let index = 0; index < count; index += 1) {
      told += 1;
      rig.feed.system("sidecar.ready", "slot", { slot: "x".repeat(400), pid: told, versions: { of: "y".repeat(400) } });
    }
    await vi.waitFor(() => expect(rig.spool.waiting()).toBe(0), { interval: 5 });
  };
  return { ...rig, close, tell };
}

const maxBytes = 1024 * 1024;
const day = 24 * 60 * 60 * 1000;

describe("by bytes", () => {
  test("the oldest go where nobody needs them, and the spool stays within its bound", async () => {
    const { sink, events } = memorySink("memory");
    const { tell, spool, feed } = await open({ sinks: [sink], spool: { max_bytes: maxBytes } });
    for (let step = 0; step < 10; step += 1) {
      await tell(500);
      await vi.waitFor(() => expect(spool.usedBytes()).toBeLessThanOrEqual(maxBytes), { interval: 5 });
    }
    const { first, last } = spool.bounds();
    expect(last - first).toBeGreaterThan(400);
    await vi.waitFor(() => expect(events).toHaveLength(5_000));
    expect(feed.health()).toMatchObject([{ dropped: 0 }]);
    expect(() => feed.admit()).not.toThrow();
  });

  test("a sink that is away and not required loses the oldest, which is counted and told to the others", async () => {
    const away = createMemoryBus("away");
    away.down = true;
    const { sink, events } = memorySink("there");
    const { tell, spool, feed, metrics } = await open({ sinks: [away.sink, sink], spool: { max_bytes: maxBytes } });
    for (let step = 0; step < 12; step += 1) await tell(1_000);
    await vi.waitFor(() => expect(spool.usedBytes()).toBeLessThanOrEqual(maxBytes), { interval: 5 });
    expect(() => feed.admit()).not.toThrow();
    away.down = false;
    await vi.waitFor(() => expect(feed.health()).toMatchObject([{ state: "connected", held: 0 }, { held: 0 }]));
    const [lost] = feed.health();
    const had = away.stored.filter(({ name }) => name === "sidecar.ready");
    expect(lost?.dropped).toBeGreaterThan(1_000);
    expect(had.length).toBe(12_000 - (lost?.dropped ?? 0));
    const told = () =>
      events.filter(({ name }) => name === "delivery.dropped").map(({ json }) => JSON.parse(json).data);
    const loss = { sink: "away", events: lost?.dropped, first_position: 1, last_position: lost?.dropped };
    await vi.waitFor(() => expect(told()).toEqual([loss]));
    const { values } = await metrics.events.get();
    const counted = values.find(({ labels }) => labels.sink === "away" && labels.result === "dropped");
    expect(counted?.value).toBe(lost?.dropped);
  });

  test("what a required sink needs stays, no work is taken meanwhile, and again once it has caught up", async () => {
    const away = createMemoryBus("redis");
    away.down = true;
    const { tell, spool, feed } = await open({
      sinks: [{ ...away.sink, required: true }],
      spool: { max_bytes: maxBytes },
    });
    await tell(2_000);
    expect(() => feed.admit()).toThrow(/events cannot be kept \(\d+ bytes wait for redis, at most 1048576 may\)/);
    expect(spool.bounds().first).toBe(1);
    away.down = false;
    await vi.waitFor(() => expect(() => feed.admit()).not.toThrow(), { interval: 5 });
    await vi.waitFor(() => expect(away.stored).toHaveLength(2_000));
    expect(feed.health()).toMatchObject([{ dropped: 0 }]);
  });
});

describe("by age", () => {
  async function withClock() {
    const ahead = { wallMs: 0, monotonicMs: 0 };
    const clock = {
      wallMs: () => systemClock.wallMs() + ahead.wallMs,
      monotonicMs: () => systemClock.monotonicMs() + ahead.monotonicMs,
    };
    const options = { sinks: [memorySink("memory").sink], spool: { retention_s: 600 }, clock };
    return { ahead, options };
  }

  test("what is old goes at the next start", async () => {
    const { ahead, options } = await withClock();
    const first = await open(options);
    await first.tell(10);
    await first.close();
    ahead.wallMs += day;
    const second = await open(options);
    await vi.waitFor(() => expect(second.spool.bounds().first).toBe(0));
    await second.tell(1);
    expect(second.spool.bounds()).toEqual({ first: 11, last: 11 });
  });

  test("a clock that is set forward makes nothing old, and one that is set back keeps all for longer", async () => {
    for (const jumpMs of [3_600_000, -3_600_000]) {
      vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
      const { ahead, options } = await withClock();
      const { tell, spool, close } = await open(options);
      await tell(10);
      const { last } = spool.bounds();
      ahead.wallMs += jumpMs;
      await vi.advanceTimersByTimeAsync(61_000);
      await tell(10);
      await vi.advanceTimersByTimeAsync(61_000);
      await spool.olderThan(0);
      expect(last - 10 + 1 - spool.bounds().first).toBeGreaterThanOrEqual(0);
      expect(spool.bounds().last - spool.bounds().first).toBeGreaterThanOrEqual(19);
      vi.useRealTimers();
      await close();
    }
  });

  test("time that has truly passed makes it old", async () => {
    vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
    onTestFinished(() => void vi.useRealTimers());
    const { ahead, options } = await withClock();
    const { tell, spool } = await open(options);
    await tell(10);
    ahead.wallMs += day;
    ahead.monotonicMs += day;
    await vi.advanceTimersByTimeAsync(61_000);
    vi.useRealTimers();
    await vi.waitFor(() => expect(spool.bounds().first).toBe(0));
  });
});
