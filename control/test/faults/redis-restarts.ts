/** Row 1: Redis is killed, stopped and started anew under a steady load. */
import { setTimeout as pause } from "node:timers/promises";
import { median, percentile } from "../bench/statistics.ts";
import { check } from "./checker.ts";
import { startLoad } from "./load.ts";
import { openRedisBench, received } from "./redis-bench.ts";
import { atMost, faultless, scenario } from "./scenario.ts";

const kinds = ["killed", "frozen", "restarted"] as const;
/** Longer than a command may take. */
const frozenMs = 1_500;
const awayMs = 200;
const calmMs = 1_500;

export const redisRestarts = scenario({
  row: 1,
  title: "Redis is killed, frozen and restarted under load",
  counts: {
    // A few rounds on a machine that does something else too tell less.
    short: { rounds: 6, ratePerS: 500, mayAddMs: 15 },
    full: { rounds: 20, ratePerS: 500, mayAddMs: 5 },
  },
  timeoutMs: { short: 120_000, full: 600_000 },
  async play({ rounds, ratePerS, mayAddMs }, stage) {
    const bench = await openRedisBench(stage);
    const { server, feed } = bench;
    const load = startLoad(feed, { ratePerS });
    stage.defer(load.stop);
    // What is told first is slow by itself: code that has hardly run yet.
    await pause(1_000);
    const addedMs: number[] = [];
    const caughtUpMs: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      const kind = kinds[round % kinds.length] ?? "killed";
      const before = load.latenciesMs.length;
      await pause(calmMs);
      const calm = load.latenciesMs.length;
      await strike(kind);
      const tookMs = await bench.untilCaughtUp(ratePerS / 10);
      caughtUpMs.push(tookMs);
      const [quiet, loud] = [load.latenciesMs.slice(before, calm), load.latenciesMs.slice(calm)];
      addedMs.push(percentile(loud, 0.99) - percentile(quiet, 0.99));
      stage.say(`round ${round + 1} of ${rounds}: ${kind}, caught up after ${tookMs.toFixed(0)} ms`);
    }
    await load.stop();
    await bench.untilCaughtUp();
    const verdict = check({ told: load.told, received: await received(await bench.connect()) });
    return [
      faultless(`${load.told.length} events, ${rounds} outages`, verdict),
      atMost("caught up after an outage, longest", { seen: Math.max(...caughtUpMs), bound: 5_000, unit: "ms" }),
      // Beside the calm before each outage, so that what else the machine does is on both sides.
      atMost("append p99 of an outage, more than before it (median)", {
        seen: median(addedMs),
        bound: mayAddMs,
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
