/** Row 4: Redis is away for long, while events go on. */
import { setTimeout as pause } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { memorySink } from "../feed-rig.ts";
import { check } from "./checker.ts";
import { startLoad, tellAll } from "./load.ts";
import { openRedisBench, received } from "./redis-bench.ts";
import { atLeast, atMost, faultless, scenario, until } from "./scenario.ts";

const maxBytes = 512 * 1024 * 1024;
/** In which a sink that is away must be told as degraded. */
const degradedWithinMs = 10_000;

export const longOutage = scenario({
  row: 4,
  title: "Redis is away for long",
  counts: { short: { awayS: 4, ratePerS: 200 }, full: { awayS: 600, ratePerS: 200 } },
  timeoutMs: { short: 120_000, full: 1_200_000 },
  async play({ awayS, ratePerS }, stage) {
    const witness = memorySink("witness");
    const bench = await openRedisBench(stage, { others: [{ ...witness.sink }], maxBytes });
    const { server, feed, spool } = bench;
    // Code and caches are there, and in memory are as many of the newest as ever.
    const before = await tellAll(feed, { events: 30_000, name: "before" });
    await bench.untilCaughtUp();
    witness.events.splice(0);
    const usualMb = residentMb();
    await server.kill();
    const awaySinceMs = performance.now();
    const load = startLoad(feed, { ratePerS });
    stage.defer(load.stop);
    let degradedMs = Number.POSITIVE_INFINITY;
    let peakMb = usualMb;
    let peakBytes = 0;
    // At least until that is told, or has become too late.
    const untilMs = () => Math.max(awayS * 1_000, Math.min(degradedMs, degradedWithinMs));
    while (performance.now() - awaySinceMs < untilMs()) {
      await pause(250);
      peakMb = Math.max(peakMb, residentMb());
      peakBytes = Math.max(peakBytes, spool.usedBytes());
      // Taken away: what a consumer of the test keeps is no part of what is measured.
      const told = witness.events.splice(0);
      const isTold = told.some(({ name, json }) => name === "delivery.degraded" && json.includes('"redis"'));
      if (isTold && degradedMs === Number.POSITIVE_INFINITY) degradedMs = performance.now() - awaySinceMs;
    }
    await load.stop();
    // So that there is something to drain.
    const backlog = await tellAll(feed, { events: 20_000, name: "backlog" });
    const { held } = bench.health();
    stage.say(`${held} events wait after ${((performance.now() - awaySinceMs) / 1_000).toFixed(0)} s`);
    await server.start();
    await until("the first that arrives", { holds: () => bench.health().held < held, everyMs: 1 });
    const left = bench.health().held;
    const drainS = (await bench.untilCaughtUp()) / 1_000;
    const everything = [...before, ...load.told, ...backlog];
    const events = await received(await bench.connect());
    return [
      atMost("memory above what it was", { seen: peakMb - usualMb, bound: 50, unit: "MB" }),
      atMost("the spool", { seen: peakBytes, bound: maxBytes, unit: "bytes" }),
      atMost("told as degraded after", { seen: degradedMs, bound: degradedWithinMs, unit: "ms" }),
      atLeast("drained per second", { seen: left / drainS, bound: 5_000, unit: "events" }),
      faultless(`${everything.length} events`, check({ told: everything, received: events })),
    ];
  },
});

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function residentMb(): number {
  collectGarbage();
  return process.memoryUsage.rss() / 1e6;
}
