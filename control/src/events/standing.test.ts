import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { testConfig } from "../../test/config.ts";
import { openFeedRig } from "../../test/feed-rig.ts";
import { testJob } from "../../test/job.ts";
import { createMemoryBus, type MemoryBus } from "../../test/memory-bus.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import type { Sink } from "./sink.ts";
import { spoolFileOf } from "./spool/spool.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "hum-standing-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

async function open(buses: readonly MemoryBus[], more: { types?: readonly string[]; clock?: Clock } = {}) {
  const { types = ["*"], clock = systemClock } = more;
  const rig = await openFeedRig(dir, { sinks: buses.map(({ sink }) => ({ ...sink, types })), clock });
  let closed: Promise<void> | null = null;
  const close = () => (closed ??= rig.close(2_000));
  onTestFinished(close);
  const tell = async (count: number) => {
    for (let index = 0; index < count; index += 1)
      rig.feed.system("sidecar.started", "slot", { slot: "slot", pid: index });
    await untilDelivered();
  };
  const untilDelivered = () =>
    vi.waitFor(
      () => {
        expect(rig.spool.waiting()).toBe(0);
        for (const { held, state } of rig.feed.health())
          expect({ held, state }).toEqual({ held: 0, state: "connected" });
      },
      { timeout: 5_000, interval: 5 },
    );
  return { ...rig, close, tell, untilDelivered };
}

/** Ten events reach the bus; then the spool is the copy of itself that was made after five. */
async function restoreAfter(bus: MemoryBus): Promise<void> {
  const file = spoolFileOf(testConfig(dir).data_dir);
  const first = await open([bus]);
  await first.tell(5);
  await first.close();
  copyFileSync(file, join(dir, "backup"));
  const second = await open([bus]);
  await second.tell(5);
  await second.close();
  rmSync(`${file}-wal`, { force: true });
  copyFileSync(join(dir, "backup"), file);
}

const sequences = ({ stored }: MemoryBus) => stored.map(({ sequence }) => sequence);
const sources = ({ stored }: MemoryBus) => new Set(stored.map(({ source }) => source)).size;
const upTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);

describe("a bus that lost the end of what it had acknowledged gets it again", () => {
  test("over its next connection, in the same epoch", async () => {
    const bus = createMemoryBus("bus");
    const { tell, untilDelivered } = await open([bus]);
    await tell(10);
    bus.loseLast(4);
    await untilDelivered();
    await vi.waitFor(() => expect(sequences(bus)).toEqual(upTo(10)));
    await tell(1);
    expect([sequences(bus), sources(bus)]).toEqual([upTo(11), 1]);
  });

  test("also where the node was started anew meanwhile", async () => {
    const bus = createMemoryBus("bus");
    const first = await open([bus]);
    await first.tell(10);
    await first.close();
    bus.loseLast(4);
    const second = await open([bus]);
    await second.untilDelivered();
    expect([sequences(bus), sources(bus)]).toEqual([upTo(10), 1]);
  });

  test("also where it lost all that it had of one stream", async () => {
    const bus = createMemoryBus("bus");
    const { feed, tell, untilDelivered } = await open([bus]);
    await tell(10);
    await feed.observe(testJob("a"), { type: "queued", position: 0 });
    await untilDelivered();
    const told = bus.stored.map(({ id }) => id);
    bus.loseLast(3);
    await vi.waitFor(() => expect(bus.stored.map(({ id }) => id)).toEqual(told));
    await tell(1);
    expect([sequences(bus), sources(bus)]).toEqual([[...upTo(10), 1, 11], 2]);
  });

  test("in its own choice of events", async () => {
    const bus = createMemoryBus("bus");
    const { feed, tell, untilDelivered } = await open([bus], { types: ["sidecar.ready"] });
    for (let index = 0; index < 3; index += 1) {
      await tell(5);
      feed.system("sidecar.ready", "slot", { slot: "slot", pid: 1, versions: {} });
      await untilDelivered();
    }
    expect(sequences(bus)).toEqual([6, 12, 18]);
    bus.loseLast(2);
    await vi.waitFor(() => expect(sequences(bus)).toEqual([6, 12, 18]));
    expect(sources(bus)).toBe(1);
  });
});

describe("a new epoch begins, once,", () => {
  test("where a bus has nothing of what it was given lately", async () => {
    const bus = createMemoryBus("bus");
    const { spool, tell } = await open([bus]);
    await tell(5);
    const old = spool.source("system");
    bus.flush();
    await vi.waitFor(() => expect(spool.source("system")).not.toBe(old));
    await tell(3);
    expect(sequences(bus)).toEqual([1, 2, 3]);
  });

  test("for all sinks, and what was told before reaches those that had not had it under its old name", async () => {
    const [flushed, late] = [createMemoryBus("flushed"), createMemoryBus("late")];
    const { feed, spool, tell } = await open([flushed, late]);
    await tell(5);
    late.down = true;
    late.loseLast(0);
    for (let index = 0; index < 3; index += 1) feed.system("sidecar.started", "slot", { slot: "slot", pid: index });
    await vi.waitFor(() => expect(feed.health()).toMatchObject([{ held: 0 }, { held: 3 }]));
    const old = spool.source("system");
    flushed.flush();
    await vi.waitFor(() => expect(spool.source("system")).not.toBe(old));
    late.down = false;
    await tell(2);
    expect(sequences(late)).toEqual([...upTo(8), 1, 2]);
    expect(sources(late)).toBe(2);
    expect(sequences(flushed)).toEqual([1, 2]);
  });

  test("and a bus that was asked before it begins gets what it had lost all the same", async () => {
    const [flushed, slow] = [createMemoryBus("flushed"), createMemoryBus("slow")];
    const answered = Promise.withResolvers<void>();
    let hold: Promise<void> = Promise.resolve();
    const openSlow = slow.sink.open;
    const sink: Sink = {
      ...slow.sink,
      async open(signal) {
        const connection = await openSlow(signal);
        const recall = async (sources: readonly string[]) => {
          const has = (await connection.recall?.(sources)) ?? new Map();
          if (slow.opened() > 1) answered.resolve();
          await hold;
          return has;
        };
        return { ...connection, recall };
      },
    };
    const { spool, tell, untilDelivered } = await open([flushed, { ...slow, sink }]);
    await tell(10);
    const release = Promise.withResolvers<void>();
    hold = release.promise;
    slow.loseLast(4);
    await answered.promise;
    const old = spool.source("system");
    flushed.flush();
    await vi.waitFor(() => expect(spool.source("system")).not.toBe(old));
    release.resolve();
    await untilDelivered();
    await tell(2);
    expect(sequences(slow)).toEqual([...upTo(10), 1, 2]);
  });

  test("where a bus has later events than the spool, which is an older copy of itself", async () => {
    const bus = createMemoryBus("bus");
    await restoreAfter(bus);
    const third = await open([bus]);
    await third.untilDelivered();
    await third.tell(3);
    expect(sequences(bus)).toEqual([...upTo(10), 1, 2, 3]);
    expect(sources(bus)).toBe(2);
  });

  test("and then nothing is lost of what the older copy told before the bus was asked, under numbers that it has", async () => {
    const bus = createMemoryBus("bus");
    await restoreAfter(bus);
    bus.down = true;
    const { feed, spool, untilDelivered } = await open([bus]);
    for (let index = 0; index < 4; index += 1) feed.system("sidecar.started", "slot", { slot: "slot", pid: index });
    await vi.waitFor(() => expect(spool.bounds().last).toBe(9));
    bus.fail({ kind: "partly", events: 2 });
    bus.down = false;
    await untilDelivered();
    expect(sequences(bus)).toEqual([...upTo(10), 6, 7, 8, 9]);
    expect(new Set(bus.stored.map(({ id }) => id)).size).toBe(14);
  });
});

describe("no new epoch begins", () => {
  test("where a bus forgot a source that was silent for longer than it remembers", async () => {
    let aheadMs = 0;
    const clock = { ...systemClock, wallMs: () => Date.now() + aheadMs };
    const bus = createMemoryBus("bus", { remembersMs: 1_000 });
    const { tell, untilDelivered } = await open([bus], { clock });
    await tell(5);
    aheadMs = 5_000;
    bus.flush();
    await untilDelivered();
    await tell(2);
    expect(sequences(bus)).toEqual([6, 7]);
  });

  test("where a sink is new beside one that has long been there, now and after the next start", async () => {
    const [old, young] = [createMemoryBus("old"), createMemoryBus("young")];
    const first = await open([old]);
    await first.tell(5);
    await first.close();
    const second = await open([old, young]);
    await second.untilDelivered();
    await second.close();
    const third = await open([old, young]);
    await third.tell(2);
    expect([sequences(old), sequences(young)]).toEqual([upTo(7), [6, 7]]);
    expect(sources(old)).toBe(1);
  });

  test("where a bus is away for long", async () => {
    const bus = createMemoryBus("bus");
    const { feed, tell, untilDelivered } = await open([bus]);
    await tell(5);
    bus.down = true;
    bus.loseLast(0);
    await vi.waitFor(() => expect(feed.health()).toMatchObject([{ state: "down" }]));
    bus.down = false;
    await untilDelivered();
    await tell(2);
    expect([sequences(bus), sources(bus)]).toEqual([upTo(7), 1]);
  });
});
