/** Row 8: one sink is dead, in each way that it can be, beside one that lives. */
import { setTimeout as pause } from "node:timers/promises";
import type { Outgoing, Sink, SinkConnection } from "../../src/events/sink.ts";
import { percentile } from "../bench/statistics.ts";
import { openFeedRig } from "../feed-rig.ts";
import { check, type Received } from "./checker.ts";
import { receivedOf, startLoad } from "./load.ts";
import { atMost, type Finding, faultless, scenario, until } from "./scenario.ts";

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
    const findings: Finding[] = [];
    for (const [how, sink] of Object.entries(deaths)) {
      const events: Received[] = [];
      const lagsMs: number[] = [];
      const rig = await openFeedRig(`${stage.dir}/${findings.length}`, { sinks: [sink, watch({ events, lagsMs })] });
      stage.defer(rig.close);
      const load = startLoad(rig.feed, { ratePerS });
      stage.defer(load.stop);
      await pause(eachS * 1_000);
      await load.stop();
      await until("a sink that lives has all", { holds: () => rig.feed.health()[1]?.held === 0 });
      const startedMs = performance.now();
      await rig.close();
      const stopMs = performance.now() - startedMs;
      findings.push(
        atMost(`${how}: lag p99 of the other`, { seen: percentile(lagsMs, 0.99), bound: 100, unit: "ms", digits: 1 }),
        faultless(`${how}: ${load.told.length} events of the other`, check({ told: load.told, received: events })),
        atMost(`${how}: the feed stops within`, { seen: stopMs, bound: 3_000, unit: "ms" }),
      );
      stage.say(`${how}: done`);
    }
    return findings;
  },
});

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
