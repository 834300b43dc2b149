/** Row 1: Redis is killed, stopped and started anew under a steady load. */
import { setTimeout as pause } from "node:timers/promises";
import { percentile } from "../bench/statistics.ts";
import { check } from "./checker.ts";
import { startLoad } from "./load.ts";
import { openRedisBench, received } from "./redis-bench.ts";
import { atMost, faultless, scenario } from "./scenario.ts";
import { startTwin } from "./twin.ts";

const kinds = ["killed", "frozen", "restarted"] as const;
/** Longer than a command may take. */
const frozenMs = 1_500;
const awayMs = 200;
const calmMs = 500;

export const redisRestarts = scenario({
  row: 1,
  title: "Redis is killed, frozen and restarted under load",
  counts: {
    // A few rounds on a machine that does something else too tell less.
    short: { rounds: 6, ratePerS: 500, mayAddMs: 15, mayTimes: 3 },
    full: { rounds: 20, ratePerS: 500, mayAddMs: 5, mayTimes: 1 },
  },
  timeoutMs: { short: 120_000, full: 600_000 },
  async play({ rounds, ratePerS, mayAddMs, mayTimes }, stage) {
    const bench = await openRedisBench(stage);
    const { server, feed } = bench;
    const twin = await startTwin(stage, { ratePerS });
    const load = startLoad(feed, { ratePerS });
    stage.defer(load.stop);
    // What is told first is slow by itself: code that has hardly run yet.
    await pause(1_000);
    const [outageMs, twinMs]: [number[], number[]] = [[], []];
    const caughtUpMs: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const kind = kinds[round % kinds.length] ?? "killed";
      await pause(calmMs);
      const before = load.latenciesMs.length;
      await twin.latenciesMs();
      await strike(kind);
      const tookMs = await bench.untilCaughtUp(ratePerS / 10);
      caughtUpMs.push(tookMs);
      outageMs.push(...load.latenciesMs.slice(before));
      twinMs.push(...(await twin.latenciesMs()));
      stage.say(`round ${round + 1} of ${rounds}: ${kind}, caught up after ${tookMs.toFixed(0)} ms`);
    }
    await load.stop();
    await bench.untilCaughtUp();
    const verdict = check({ told: load.told, received: await received(await bench.connect()) });
    return [
      faultless(`${load.told.length} events, ${rounds} outages`, verdict),
      atMost("caught up after an outage, longest", { seen: Math.max(...caughtUpMs), bound: 5_000, unit: "ms" }),
      // Beside a twin at the same time, which the same machine makes late.
      atMost("append p99 during outages", {
        seen: percentile(outageMs, 0.99),
        bound: mayAddMs + mayTimes * percentile(twinMs, 0.99),
        unit: "ms",
        digits: 2,
      }),
    ];

    async function strike(kind: (typeof kinds)[number]): Promise<void> {
      if (kind === "frozen") {
        server.signal("SIGSTOP");
        await pause(frozenMs);
        server.signal("SIGCONT");
        return;
      }
      if (kind === "killed") await server.kill();
      else await server.stop();
      await pause(awayMs);
      await server.start();
    }
  },
});
