/** Row 1: Redis is killed, stopped and started anew under a steady load. */
import { setTimeout as pause } from "node:timers/promises";
import { percentile } from "../bench/statistics.ts";
import { check } from "./checker.ts";
import { startLoad } from "./load.ts";
import { openRedisBench, received } from "./redis-bench.ts";
import { atMost, faultless, scenario } from "./scenario.ts";

const kinds = ["killed", "frozen", "restarted"] as const;
/** Longer than a command may take. */
const frozenMs = 1_500;
const awayMs = 200;

export const redisRestarts = scenario({
  row: 1,
  title: "Redis is killed, frozen and restarted under load",
  counts: { short: { rounds: 6, ratePerS: 500, quietS: 4 }, full: { rounds: 20, ratePerS: 500, quietS: 20 } },
  timeoutMs: { short: 120_000, full: 600_000 },
  async play({ rounds, ratePerS, quietS }, stage) {
    const bench = await openRedisBench(stage);
    const { server, feed } = bench;
    const load = startLoad(feed, { ratePerS });
    stage.defer(load.stop);
    // What is told first is slow by itself: code that has hardly run yet.
    await pause(1_000);
    const warm = load.latenciesMs.length;
    await pause(quietS * 1_000);
    const quiet = load.latenciesMs.length;
    const caughtUpMs: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const kind = kinds[round % kinds.length] ?? "killed";
      await strike(kind);
      const tookMs = await bench.untilCaughtUp(ratePerS / 10);
      caughtUpMs.push(tookMs);
      stage.say(`round ${round + 1} of ${rounds}: ${kind}, caught up after ${tookMs.toFixed(0)} ms`);
      await pause(500);
    }
    const loud = load.latenciesMs.slice(quiet);
    await load.stop();
    await bench.untilCaughtUp();
    const verdict = check({ told: load.told, received: await received(await bench.connect()) });
    const addedMs = percentile(loud, 0.99) - percentile(load.latenciesMs.slice(warm, quiet), 0.99);
    return [
      faultless(`${load.told.length} events, ${rounds} outages`, verdict),
      atMost("caught up after an outage, longest", { seen: Math.max(...caughtUpMs), bound: 5_000, unit: "ms" }),
      atMost("append p99 beside the quiet run's, more", { seen: addedMs, bound: 5, unit: "ms", digits: 2 }),
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
