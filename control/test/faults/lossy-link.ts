/** Row 2: a proxy between feed and Redis swallows replies and cuts the link. */
import { setTimeout as pause } from "node:timers/promises";
import type { Sink } from "../../src/events/sink.ts";
import { openFaultProxy } from "../integration/fault-proxy.ts";
import { check } from "./checker.ts";
import { startLoad } from "./load.ts";
import { openRedisBench, received } from "./redis-bench.ts";
import { atLeast, atMost, faultless, scenario, until } from "./scenario.ts";

export const lossyLink = scenario({
  row: 2,
  title: "a proxy eats replies and cuts the link",
  counts: { short: { breaks: 15, ratePerS: 500 }, full: { breaks: 60, ratePerS: 500 } },
  timeoutMs: { short: 60_000, full: 300_000 },
  async play({ breaks, ratePerS }, stage) {
    const unhandled: unknown[] = [];
    const onUnhandled = (reason: unknown) => void unhandled.push(reason);
    process.on("unhandledRejection", onUnhandled);
    stage.defer(() => process.off("unhandledRejection", onUnhandled));
    const link = Promise.withResolvers<Awaited<ReturnType<typeof openFaultProxy>>>();
    const deliveriesMs: number[] = [];
    const bench = await openRedisBench(stage, {
      wrap: (sink) => watch(sink, deliveriesMs),
      async urlOf(port) {
        const proxy = await openFaultProxy(port);
        stage.defer(proxy.close);
        link.resolve(proxy);
        return `redis://127.0.0.1:${proxy.port}`;
      },
    });
    const proxy = await link.promise;
    const load = startLoad(bench.feed, { ratePerS });
    stage.defer(load.stop);
    for (let broken = 0; broken < breaks; broken += 1) {
      await pause(60);
      await bench.untilCaughtUp(ratePerS / 10);
      proxy.eatReplies();
      await until("a reply that is eaten", { holds: () => proxy.eatenBytes > 0 });
      proxy.cut();
      if ((broken + 1) % 15 === 0) stage.say(`${broken + 1} of ${breaks} breaks`);
    }
    await load.stop();
    await bench.untilCaughtUp();
    const verdict = check({ told: load.told, received: await received(await bench.connect()) });
    const { values } = await bench.metrics.events.get();
    const again = values.find(({ labels }) => labels.result === "duplicate")?.value ?? 0;
    return [
      faultless(`${load.told.length} events, ${breaks} breaks`, verdict),
      atLeast("events sent again and known by the bus or the feed", { seen: again, bound: breaks }),
      atMost("unhandled rejections", { seen: unhandled.length, bound: 0 }),
      atMost("delivery that took longest", { seen: Math.max(...deliveriesMs), bound: 2_000, unit: "ms" }),
      atMost("append that took longest", { seen: Math.max(...load.latenciesMs), bound: 2_000, unit: "ms" }),
    ];
  },
});

/** How long each delivery was pending. */
function watch(sink: Sink, deliveriesMs: number[]): Sink {
  return {
    ...sink,
    async open(signal) {
      const connection = await sink.open(signal);
      return {
        ...connection,
        async deliver(batch) {
          const startedMs = performance.now();
          try {
            return await connection.deliver(batch);
          } finally {
            deliveriesMs.push(performance.now() - startedMs);
          }
        },
      };
    },
  };
}
