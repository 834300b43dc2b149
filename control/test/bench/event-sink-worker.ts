/** One sink in a process of its own, so that its stdout may be a pipe: tells events as fast as they become safe. */
import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { version } from "../../src/core/checkout.ts";
import { createLog } from "../../src/core/log.ts";
import { sinkSettingsSchema } from "../../src/core/sink-settings.ts";
import type { Sink } from "../../src/events/sink.ts";
import { createSink } from "../../src/events/sinks/create.ts";
import { createRedisSink } from "../../src/events/sinks/redis.ts";
import { tellAll } from "../faults/load.ts";
import { openFeedRig } from "../feed-rig.ts";

const patienceMs = 120_000;
// Whoever asked is gone, and nobody would end this.
process.once("disconnect", () => process.exit());

const [dir = "", events = "0", text = "{}"] = process.argv.slice(2);
const settings: unknown = JSON.parse(text);
const redis = z.strictObject({ url: z.string() }).safeParse(settings);

const log = createLog({ level: "error", readable: false });
const sink: Sink = redis.success
  ? createRedisSink({ ...redis.data, command_timeout_s: 10, retention_s: 3_600 })
  : await createSink(sinkSettingsSchema.parse(settings), { node: "bench", version, log });
const { feed, close } = await openFeedRig(dir, { sinks: [sink] });
const health = () => feed.health()[0];

async function untilDelivered(): Promise<void> {
  const deadlineMs = performance.now() + patienceMs;
  while (health()?.held !== 0 || health()?.state !== "connected") {
    if (performance.now() > deadlineMs)
      throw new Error(`not delivered in ${patienceMs} ms: ${JSON.stringify(health())}`);
    await pause(1);
  }
}

// Code that has hardly run yet is slow, and the first connection takes its time.
await tellAll(feed, { events: 2_000, name: "warm" });
await untilDelivered();
const startedMs = performance.now();
await tellAll(feed, { events: Number(events), name: "job" });
await untilDelivered();
const tookMs = performance.now() - startedMs;
process.send?.({ events_per_s: (Number(events) / tookMs) * 1_000, dropped: health()?.dropped ?? 0 });
await close(1_000);
process.exit();
