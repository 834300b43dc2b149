/** Row 8: one sink is dead, in each way that it can be, beside one that lives. */
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Outgoing, Sink, SinkConnection } from "../../src/events/sink.ts";
import { percentile } from "../bench/statistics.ts";
import { openFeedRig } from "../feed-rig.ts";
import { check, type Received } from "./checker.ts";
import { receivedOf, startLoad } from "./load.ts";
import { atMost, type Finding, faultless, type Stage, scenario, until } from "./scenario.ts";

const never = new Promise<never>(() => undefined);
const deaf: SinkConnection = { deliver: () => never, closed: never, close: async () => undefined };
const dead = (open: Sink["open"]): Sink => ({ name: "dead", remembersMs: 0, open, isRefusal: () => false });

const deaths: Readonly<Record<string, Sink>> = {
  "refuses to connect": dead(() => Promise.reject(new Error("connection refused"))),
  "never connects": dead(() => never),
  "never says what it has": dead(async () => ({ ...deaf, recall: () => never })),
  "never takes anything": dead(async () => deaf),
  "fails at every event": dead(async () => ({ ...deaf, deliver: () => Promise.reject(new Error("no")) })),
};

export const deadSink = scenario({
  row: 8,
  title: "one sink is dead",
  counts: { short: { eachS: 2, ratePerS: 500 }, full: { eachS: 60, ratePerS: 500 } },
  timeoutMs: { short: 60_000, full: 600_000 },
  async play({ eachS, ratePerS }, stage) {
    const feedFor = (sinks: Sink[], { dir, defer }: Stage) => openFeed({ sinks, ratePerS, dir, defer });
    const findings: Finding[] = [];
    for (const [how, sink] of Object.entries(deaths)) {
      // Two feeds at the same time: what the machine makes late is late in both.
      const beside = await feedFor([sink], stage);
      const alone = await feedFor([], stage);
      await pause(eachS * 1_000);
      const told = await beside.finish();
      await alone.finish();
      const calmMs = percentile(alone.lagsMs, 0.99);
      const startedMs = performance.now();
      await beside.close();
      const stopMs = performance.now() - startedMs;
      await alone.close();
      findings.push(
        atMost(`${how}: lag p99 of the other`, {
          seen: percentile(beside.lagsMs, 0.99),
          bound: 100 + calmMs,
          unit: "ms",
          digits: 1,
        }),
        faultless(`${how}: ${told.length} events of the other`, check({ told, received: beside.events })),
        atMost(`${how}: the feed stops within`, { seen: stopMs, bound: 3_000, unit: "ms" }),
      );
      stage.say(`${how}: done, lag p99 without it ${calmMs.toFixed(1)} ms`);
    }
    return findings;
  },
});

/** A feed under load with a sink that lives, beside others. */
async function openFeed(options: { sinks: Sink[]; ratePerS: number } & Pick<Stage, "dir" | "defer">) {
  const events: Received[] = [];
  const lagsMs: number[] = [];
  const dir = mkdtempSync(join(options.dir, "feed-"));
  const rig = await openFeedRig(dir, { sinks: [watch({ events, lagsMs }), ...options.sinks] });
  options.defer(rig.close);
  const load = startLoad(rig.feed, { ratePerS: options.ratePerS });
  options.defer(load.stop);
  return {
    events,
    lagsMs,
    close: rig.close,
    /** Resolves with what was told, once the sink that lives has it. */
    async finish() {
      await load.stop();
      await until("a sink that lives has all", { holds: () => rig.feed.health()[0]?.held === 0 });
      return load.told;
    },
  };
}

/** From the event's own time, which has whole milliseconds. */
function watch({ events, lagsMs }: { events: Received[]; lagsMs: number[] }): Sink {
  const take = (event: Outgoing) => {
    const received = receivedOf(event.json);
    if (received === null) return;
    events.push(received);
    lagsMs.push(Date.now() - Date.parse((JSON.parse(event.json) as { time: string }).time));
  };
  return {
    name: "alive",
    remembersMs: 0,
    open: async () => ({
      ...deaf,
      async deliver(batch) {
        batch.forEach(take);
        return { delivered: batch.length, duplicates: 0, stopped: null };
      },
    }),
    isRefusal: () => false,
  };
}
