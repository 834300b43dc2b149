/** A bus in memory that stores an event once, in order, as Redis does with its script; and that fails as it is told to. */
import type { Delivery, Outgoing, Sink, Stop } from "../src/events/sink.ts";

/** What becomes of the next deliveries, one after another; none of it once they are used up. */
export type BusFault =
  /** Nothing of the batch is stored. */
  | { kind: "refuse" }
  /** The first of the batch are stored, and that is what the sink hears. */
  | { kind: "partly"; events: number }
  /** The first of the batch are stored, and the sink hears of none. */
  | { kind: "silently"; events: number };

export interface MemoryBus {
  readonly sink: Sink;
  /** What it has, oldest first. */
  readonly stored: readonly Outgoing[];
  opened(): number;
  fail(...faults: BusFault[]): void;
  /** As a server that dies before its last second is on disk. */
  loseLast(events: number): void;
  flush(): void;
  /** While it is down nobody gets a connection. */
  down: boolean;
}

export function createMemoryBus(name: string, options: { remembersMs?: number } = {}): MemoryBus {
  const faults: BusFault[] = [];
  const stored: Outgoing[] = [];
  let opened = 0;
  let breakLink = () => {};

  const lastOf = (source: string) =>
    Math.max(0, ...stored.filter((event) => event.source === source).map(({ sequence }) => sequence));

  function store(batch: readonly Outgoing[]): Delivery {
    let duplicates = 0;
    for (const [delivered, event] of batch.entries()) {
      const last = lastOf(event.source);
      if (event.isReplay === true) {
        stored.push(event);
        continue;
      }
      if (event.predecessor > last) return { delivered, duplicates, stopped: { kind: "gap" } };
      if (event.sequence <= last) duplicates += 1;
      else stored.push(event);
    }
    return { delivered: batch.length, duplicates, stopped: null };
  }

  const failed = (why: string): Stop => ({ kind: "failed", error: new Error(why) });

  function deliver(batch: readonly Outgoing[]): Delivery {
    const fault = faults.shift();
    switch (fault?.kind) {
      case undefined:
        return store(batch);
      case "refuse":
        return { delivered: 0, duplicates: 0, stopped: failed("refused") };
      case "partly":
        return { ...store(batch.slice(0, fault.events)), stopped: failed("the link broke") };
      case "silently":
        store(batch.slice(0, fault.events));
        return { delivered: 0, duplicates: 0, stopped: failed("no reply") };
    }
  }

  const bus: MemoryBus = {
    stored,
    down: false,
    opened: () => opened,
    fail: (...more) => void faults.push(...more),
    loseLast(events) {
      stored.splice(Math.max(0, stored.length - events));
      breakLink();
    },
    flush() {
      stored.splice(0);
      breakLink();
    },
    sink: {
      name,
      remembersMs: options.remembersMs ?? 60_000,
      async open() {
        if (bus.down) throw new Error("connection refused");
        opened += 1;
        const closed = Promise.withResolvers<Error>();
        breakLink = () => closed.resolve(new Error("the link broke"));
        return {
          recall: async (sources) =>
            new Map(sources.map((source) => [source, lastOf(source)] as const).filter(([, last]) => last > 0)),
          deliver: async (batch) => deliver(batch),
          closed: closed.promise,
          close: async () => undefined,
        };
      },
      isRefusal: () => false,
    },
  };
  return bus;
}
