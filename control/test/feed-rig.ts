/** A feed over a real spool in a directory of the test, with sinks that the test brings. */
import type { Clock } from "../src/core/clock.ts";
import { systemClock } from "../src/core/clock.ts";
import type { Config } from "../src/core/config.ts";
import { createLog } from "../src/core/log.ts";
import { createMetrics } from "../src/core/metrics.ts";
import { createFeed } from "../src/events/feed.ts";
import type { Outgoing, SealedEvent, Sink, SinkConnection } from "../src/events/sink.ts";
import { openSpool } from "../src/events/spool/spool.ts";
import { testConfig } from "./config.ts";

export interface FeedRigOptions {
  sinks: readonly (Sink & { types?: readonly string[]; required?: boolean })[];
  spool?: Partial<Config["events"]["spool"]>;
  node?: string;
  clock?: Clock;
  patienceMs?: number;
}

const quickPace = { firstMs: 20, maxMs: 200, refusedMs: 400 };

/** Another feed in the same directory is the next life of the same node. */
export async function openFeedRig(dir: string, options: FeedRigOptions) {
  const { clock = systemClock, patienceMs = 5_000 } = options;
  const base = testConfig(dir);
  const { events } = base;
  const config = {
    ...base,
    events: { ...events, node: options.node ?? events.node, spool: { ...events.spool, ...options.spool } },
  };
  const log = createLog({ level: "silent", readable: false });
  const metrics = createMetrics();
  const spool = await openSpool({ config, clock, log, patienceMs, retryMs: 20 });
  const subscriptions = options.sinks.map((sink) => ({
    sink,
    types: sink.types ?? ["*"],
    required: sink.required ?? false,
  }));
  const feed = createFeed({ config, clock, log, metrics, spool, subscriptions, pace: quickPace });
  feed.start();
  return {
    feed,
    spool,
    metrics,
    async close(drainMs = 0) {
      await feed.stop(drainMs);
      await spool.stop();
    },
  };
}

/** A sink that keeps what it gets in memory, and does as it is told. */
export function memorySink(name: string, more: Partial<SinkConnection> = {}) {
  const events: Outgoing[] = [];
  const announced: SealedEvent[] = [];
  let opened = 0;
  const sink: Sink = {
    name,
    remembersMs: 60_000,
    async open() {
      opened += 1;
      return {
        async deliver(batch) {
          events.push(...batch);
          return { delivered: batch.length, duplicates: 0, stopped: null };
        },
        announce: (event) => void announced.push(event),
        closed: new Promise(() => undefined),
        close: async () => undefined,
        ...more,
      };
    },
    isRefusal: () => false,
  };
  return { sink, events, announced, opened: () => opened };
}
