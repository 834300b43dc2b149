import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { testConfig } from "../../test/config.ts";
import { memorySink } from "../../test/feed-rig.ts";
import { systemClock } from "../core/clock.ts";
import { createLog } from "../core/log.ts";
import { createPump, type PumpOptions } from "./pump.ts";
import type { Delivery, Outgoing, Sink, SinkConnection } from "./sink.ts";
import { openSpool, type Spool } from "./spool/spool.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "hum-pump-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

const log = createLog({ level: "silent", readable: false });
const never = new Promise<never>(() => undefined);

async function open(sink: Sink, more: Partial<PumpOptions> = {}) {
  const spool = await openSpool({ config: testConfig(dir), clock: systemClock, log, retryMs: 10 });
  const counts: Record<string, number> = { stored: 0, duplicate: 0, dropped: 0 };
  const losses: { events: number; first: number; last: number; reason: string }[] = [];
  const pump = createPump({
    sink,
    spool,
    types: ["*"],
    required: false,
    clock: systemClock,
    log,
    report: {
      count: (result, events) => (counts[result] = (counts[result] ?? 0) + events),
      dropped: (loss) => void losses.push(loss),
    },
    pace: { firstMs: 10, maxMs: 50, refusedMs: 300 },
    patience: { openMs: 200, stopMs: 200 },
    ...more,
  });
  onTestFinished(async () => {
    await pump.stop(0);
    await spool.stop();
  });
  pump.start();
  const untilHeld = (held: number) => vi.waitFor(() => expect(pump.health()).toMatchObject({ held }), { interval: 5 });
  return { pump, spool, counts, losses, untilHeld };
}

let told = 0;
beforeEach(() => {
  told = 0;
});

function tell(spool: Spool, count: number, name = "sidecar.started"): Promise<unknown> {
  return Promise.all(
    Array.from({ length: count }, () => {
      told += 1;
      const id = `id-${told}`;
      const rest = { type: "type", partitionKey: "key", wallMs: Date.now(), json: "{}", whole: null, mark: null };
      return spool.append("system", () => ({ name, id, ...rest }));
    }),
  );
}
const ids = (events: readonly { id: string }[]) => events.map(({ id }) => Number(id.slice(3)));
const numbers = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => first + index);
const delivered = (count: number): Delivery => ({ delivered: count, duplicates: 0, stopped: null });

describe("a bus that fails", () => {
  test("gets what it has not acknowledged again, in order, over a new connection", async () => {
    const got: Outgoing[] = [];
    let deliveries = 0;
    const bus = memorySink("bus", {
      async deliver(batch) {
        deliveries += 1;
        if (deliveries % 2 === 0) throw new Error("the link broke");
        const taken = batch.slice(0, 7);
        got.push(...taken);
        const stopped = { kind: "failed", error: new Error("enough") } as const;
        return { ...delivered(taken.length), stopped: taken.length < batch.length ? stopped : null };
      },
    });
    const { spool, counts, untilHeld } = await open(bus.sink);
    await tell(spool, 50);
    await untilHeld(0);
    expect(ids(got)).toEqual(numbers(1, 50));
    expect(counts).toEqual({ stored: 50, duplicate: 0, dropped: 0 });
    expect(bus.opened()).toBeGreaterThan(7);
  });

  test("is told of in its health, with the reason and without a tight loop", async () => {
    let opens = 0;
    const sink: Sink = {
      name: "bus",
      remembersMs: 0,
      open() {
        opens += 1;
        return Promise.reject(new Error("connection refused"));
      },
      isRefusal: () => false,
    };
    const { pump, spool } = await open(sink);
    await tell(spool, 3);
    await vi.waitFor(() =>
      expect(pump.health()).toMatchObject({ state: "down", held: 3, reason: "connection refused" }),
    );
    const before = opens;
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(opens - before).toBeLessThanOrEqual(500 / 25 + 1);
  });

  test("by a refusal is tried again at the slow pace, and never looks connected meanwhile", async () => {
    const bus = memorySink("bus", { deliver: () => Promise.reject(new Error("WRONGPASS")) });
    const { pump, spool } = await open({ ...bus.sink, isRefusal: () => true });
    await vi.waitFor(() => expect(pump.health()).toMatchObject({ state: "connected" }));
    await tell(spool, 1);
    await vi.waitFor(() => expect(pump.health()).toMatchObject({ state: "down" }));
    const states = new Set<string>();
    const before = bus.opened();
    for (let look = 0; look < 50; look += 1) {
      states.add(pump.health().state);
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect([...states]).toEqual(["down"]);
    expect(bus.opened() - before).toBeLessThanOrEqual(4);
  });

  test("whose connection goes by itself is connected again though nothing is sent", async () => {
    const closed = Promise.withResolvers<Error>();
    const bus = memorySink("bus", { closed: closed.promise });
    const { pump } = await open(bus.sink);
    await vi.waitFor(() => expect(pump.health()).toMatchObject({ state: "connected" }));
    closed.resolve(new Error("going away"));
    await vi.waitFor(() => expect(bus.opened()).toBeGreaterThan(1));
  });

  test("that never answers an attempt to connect is given up, and let go of should it answer late", async () => {
    const late = Promise.withResolvers<SinkConnection>();
    const close = vi.fn(async () => undefined);
    const bus = memorySink("bus");
    let opens = 0;
    const sink: Sink = {
      ...bus.sink,
      open(signal) {
        opens += 1;
        return opens === 1 ? late.promise : bus.sink.open(signal);
      },
    };
    const { spool, untilHeld } = await open(sink);
    await tell(spool, 1);
    await untilHeld(0);
    late.resolve({ deliver: () => never, closed: never, close });
    await vi.waitFor(() => expect(close).toHaveBeenCalledOnce());
  });

  test("that never tells what it has is given up", async () => {
    const bus = memorySink("bus", { recall: () => never });
    const { pump } = await open(bus.sink);
    const reason = expect.stringContaining("has not answered within 200 ms");
    await vi.waitFor(() => expect(pump.health()).toMatchObject({ state: "connecting", reason }), { interval: 5 });
  });
});

describe("a stop", () => {
  test("gives what is held its time", async () => {
    const bus = memorySink("bus", {
      async deliver(batch) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        return delivered(Math.min(10, batch.length));
      },
    });
    const { pump, spool } = await open(bus.sink);
    await tell(spool, 30);
    await pump.stop(5_000);
    expect(pump.health()).toMatchObject({ held: 0 });
  });

  test.each([
    ["to take an event", { deliver: () => never }],
    ["to tell what it has", { recall: () => never }],
    ["to let go", { close: () => never }],
  ])("does not wait for a bus that is asked %s and is silent", async (_, more) => {
    const bus = memorySink("bus", more);
    const { pump, spool } = await open(bus.sink);
    await tell(spool, 3);
    await vi.waitFor(() => expect(bus.opened()).toBe(1));
    const startedMs = performance.now();
    await pump.stop(100);
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });

  test("does not wait for a bus that never connects", async () => {
    const { pump, spool } = await open({ ...memorySink("bus").sink, open: () => never });
    await tell(spool, 3);
    const startedMs = performance.now();
    await pump.stop(100);
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });

  test("leaves what is held to the next life, which goes on where the cursor was", async () => {
    const bus = memorySink("bus");
    const first = await open(bus.sink);
    await tell(first.spool, 5);
    await first.untilHeld(0);
    await first.pump.stop(0);
    await tell(first.spool, 5);
    await first.spool.stop();
    const second = await open(bus.sink);
    await second.untilHeld(0);
    expect(ids(bus.events)).toEqual(numbers(1, 10));
  });
});

describe("a filter", () => {
  test("gets rare events from among very many, in memory and from the disk", async () => {
    const bus = memorySink("bus");
    const first = await open(bus.sink, { types: ["node.*"] });
    await first.pump.stop(0);
    for (let step = 0; step < 30; step += 1) await tell(first.spool, 1_000);
    await tell(first.spool, 1, "node.started");
    await first.spool.stop();
    const second = await open(bus.sink, { types: ["node.*"] });
    await second.untilHeld(0);
    await tell(second.spool, 1_000);
    await tell(second.spool, 1, "node.stopped");
    await second.untilHeld(0);
    expect(ids(bus.events)).toEqual([30_001, 31_002]);
    expect(second.losses).toEqual([]);
  });
});

describe("stops that are no failures", () => {
  test("an event that can never be taken is left out and told, and the rest follows", async () => {
    const got: Outgoing[] = [];
    const bus = memorySink("bus", {
      async deliver(batch) {
        const at = batch.findIndex(({ id }) => id === "id-3" || id === "id-4");
        const taken = at < 0 ? batch : batch.slice(0, at);
        got.push(...taken);
        return { ...delivered(taken.length), stopped: at < 0 ? null : { kind: "unfit", reason: "too large" } };
      },
    });
    const { spool, losses, counts, untilHeld } = await open(bus.sink);
    await tell(spool, 6);
    await untilHeld(0);
    expect(ids(got)).toEqual([1, 2, 5, 6]);
    expect(losses).toEqual([3, 4].map((at) => ({ events: 1, first: at, last: at, reason: "too large" })));
    expect(counts).toEqual({ stored: 4, duplicate: 0, dropped: 2 });
    expect(bus.opened()).toBe(1);
  });

  test("a receiver that wants no more is left alone until the next start", async () => {
    const bus = memorySink("bus", {
      deliver: async () => ({ ...delivered(1), stopped: { kind: "gone", reason: "410" } }),
    });
    const { pump, spool } = await open(bus.sink);
    await tell(spool, 3);
    await vi.waitFor(() => expect(pump.health()).toMatchObject({ state: "ended", reason: "410", held: 2 }));
    await tell(spool, 3);
    await pump.stop(1_000);
    expect(pump.health()).toMatchObject({ state: "ended", held: 5 });
    expect(bus.opened()).toBe(1);
  });

  test("a hole is filled from what the bus says it has", async () => {
    let has = 0;
    let isHoled = false;
    const got: Outgoing[] = [];
    const bus = memorySink("bus", {
      recall: async ([, source = ""]) => new Map([[source, has]]),
      async deliver(batch) {
        const [first] = batch;
        if ((first?.predecessor ?? 0) > has) return { ...delivered(0), stopped: { kind: "gap" } };
        got.push(...batch);
        has = batch.at(-1)?.sequence ?? has;
        if (!isHoled && has >= 10) {
          isHoled = true;
          has = 4;
        }
        return delivered(batch.length);
      },
    });
    const { spool, counts, untilHeld } = await open(bus.sink);
    for (let index = 0; index < 12; index += 1) await tell(spool, 1);
    await untilHeld(0);
    expect(new Set(ids(got))).toEqual(new Set(numbers(1, 12)));
    expect(ids(got).slice(-8)).toEqual(numbers(5, 12));
    expect(counts.dropped).toBe(0);
    expect(bus.opened()).toBe(1);
  });

  test("a bus that tells of a hole again and again is one that fails", async () => {
    let deliveries = 0;
    const bus = memorySink("bus", {
      async deliver() {
        deliveries += 1;
        return { ...delivered(0), stopped: { kind: "gap" } };
      },
    });
    const { pump, spool } = await open(bus.sink);
    await tell(spool, 1);
    const reason = expect.stringContaining("still misses an event");
    await vi.waitFor(() => expect(pump.health()).toMatchObject({ state: "down", reason }));
    const before = deliveries;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(deliveries - before).toBeLessThan(30);
  });
});

describe("a replay", () => {
  test("sends again what lies from a position on, without a hole in what comes meanwhile", async () => {
    const bus = memorySink("bus");
    const { pump, spool, untilHeld } = await open(bus.sink);
    await tell(spool, 10);
    await untilHeld(0);
    expect(pump.replay(4)).toBe(7);
    expect(pump.replay(9)).toBe(2);
    await tell(spool, 3);
    await untilHeld(0);
    await vi.waitFor(() => expect(pump.health()).toMatchObject({ replaying: 0 }));
    expect(ids(bus.events)).toEqual([...numbers(1, 10), ...numbers(4, 10), 9, 10, ...numbers(11, 13)]);
    expect(bus.events.slice(10, 19).every(({ predecessor }) => predecessor === 0)).toBe(true);
  });

  test("of nothing is nothing, and one of what is gone begins with what is left", async () => {
    const bus = memorySink("bus");
    const { pump, spool, untilHeld } = await open(bus.sink);
    await tell(spool, 10);
    await untilHeld(0);
    expect([pump.replay(11), pump.replay(1_000)]).toEqual([0, 0]);
    await spool.prune({ through: 8, limit: 100 });
    expect(pump.replay(1)).toBe(2);
    await vi.waitFor(() => expect(pump.health()).toMatchObject({ replaying: 0 }));
    expect(ids(bus.events).slice(10)).toEqual([9, 10]);
  });

  test("goes on after the bus failed in its middle", async () => {
    const got: Outgoing[] = [];
    const faults: Error[] = [];
    const bus = memorySink("bus", {
      async deliver(batch) {
        const error = faults.shift();
        const taken = error === undefined ? batch : batch.slice(0, 2);
        got.push(...taken);
        return { ...delivered(taken.length), stopped: error === undefined ? null : { kind: "failed", error } };
      },
    });
    const { pump, spool, untilHeld } = await open(bus.sink);
    await tell(spool, 5);
    await untilHeld(0);
    faults.push(new Error("the link broke"));
    pump.replay(1);
    await vi.waitFor(() => expect(pump.health()).toMatchObject({ replaying: 0, state: "connected" }));
    expect(ids(got)).toEqual([...numbers(1, 5), ...numbers(1, 5)]);
  });
});

describe("what the spool's bound has taken", () => {
  test("is told as lost, once, and the sink goes on behind it", async () => {
    const gate = Promise.withResolvers<void>();
    const bus = memorySink("bus");
    const sink: Sink = { ...bus.sink, open: async (signal) => gate.promise.then(() => bus.sink.open(signal)) };
    const { spool, losses, counts, untilHeld } = await open(sink, { patience: { openMs: 60_000, stopMs: 200 } });
    await tell(spool, 20);
    await spool.prune({ through: 15, limit: 100 });
    gate.resolve();
    await untilHeld(0);
    // Those in memory are still there to be sent: only what nobody has is lost.
    const lost = losses.reduce((sum, { events }) => sum + events, 0);
    expect(ids(bus.events)).toEqual(numbers(lost + 1, 20));
    expect(counts.dropped).toBe(lost);
  });

  test("is told as lost where nothing is left of it", async () => {
    const first = await open(memorySink("bus").sink);
    await first.pump.stop(0);
    await tell(first.spool, 20);
    await first.spool.prune({ through: 20, limit: 100 });
    await first.spool.stop();
    const bus = memorySink("bus");
    const { spool, losses, untilHeld } = await open(bus.sink);
    await untilHeld(0);
    expect(losses).toMatchObject([{ events: 20, first: 1, last: 20 }]);
    await tell(spool, 1);
    await untilHeld(0);
    expect(ids(bus.events)).toEqual([21]);
  });
});

test("what is fast and never kept goes only to a sink that is connected, wants it, and has something like it", async () => {
  const bus = memorySink("bus");
  const { pump } = await open(bus.sink, { types: ["transcription.progress"] });
  const event = {
    stream: "transcription",
    id: "1",
    type: "t",
    source: "s",
    sequence: 0,
    partitionKey: "k",
    json: "{}",
  } as const;
  await vi.waitFor(() => expect(pump.health()).toMatchObject({ state: "connected" }));
  pump.announce({ ...event, name: "transcription.progress" });
  pump.announce({ ...event, name: "transcription.partial" });
  expect(bus.announced.map(({ name }) => name)).toEqual(["transcription.progress"]);
});
