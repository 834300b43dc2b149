/** From a job's event to a consumer that waits in XREAD, in turns with a plain XADD of the same JSON. */
import { setTimeout as pause } from "node:timers/promises";
import { connectRedis, type RedisConnection } from "../../src/events/clients/redis.ts";
import { streamKey } from "../../src/events/sinks/append.ts";
import { createRedisSink } from "../../src/events/sinks/redis.ts";
import { segment } from "../faults/load.ts";
import { openFeedRig } from "../feed-rig.ts";
import { testJob } from "../job.ts";

export interface Latencies {
  feedMs: number[];
  plainMs: number[];
}

const plainKey = "bench:plain";
/** In which the consumer has begun to wait. */
const readyMs = 3;
const blockMs = 10_000;

export async function timeLatencies(options: {
  dir: string;
  url: string;
  blocks: number;
  perBlock: number;
}): Promise<Latencies> {
  const { dir, url, blocks, perBlock } = options;
  const settings = { url, command_timeout_s: 10, retention_s: 3_600 };
  const { feed, close } = await openFeedRig(dir, { sinks: [createRedisSink(settings)] });
  const connect = () => connectRedis({ url, name: "bench", commandTimeoutMs: 2 * blockMs });
  const [producer, reader] = [await connect(), await connect()];
  const job = testJob("job");
  const observed = await createConsumer(reader, streamKey("transcription"));
  const plain = await createConsumer(reader, plainKey);
  const tell = (index: number) => feed.observe(job, { type: "segment", attempt: 1, index, segment });
  const json = await observed.time(() => tell(0));
  const add = () => producer.call("XADD", plainKey, "*", "ce", json.text);
  await plain.time(add);

  const latencies: Latencies = { feedMs: [], plainMs: [] };
  for (let block = 0; block < blocks; block += 1) {
    for (let index = 0; index < perBlock; index += 1)
      latencies.feedMs.push((await observed.time(() => tell(index))).ms);
    for (let index = 0; index < perBlock; index += 1) latencies.plainMs.push((await plain.time(add)).ms);
  }
  for (const connection of [producer, reader]) connection.close();
  await close();
  return latencies;
}

type Read = [string, [string, string[]][]][];

/** Reads one stream, each entry once. */
async function createConsumer(connection: RedisConnection, key: string) {
  let last = "0-0";
  return {
    /** From the moment before `produce` until the entry is here. */
    async time(produce: () => Promise<unknown>): Promise<{ ms: number; text: string }> {
      const reading = connection.call("XREAD", "COUNT", 1, "BLOCK", blockMs, "STREAMS", key, last);
      await pause(readyMs);
      const startedMs = performance.now();
      const produced = produce();
      const [entry] = ((await reading) as Read | null)?.[0]?.[1] ?? [];
      const ms = performance.now() - startedMs;
      await produced;
      if (entry === undefined) throw new Error(`nothing came to ${key} within ${blockMs} ms`);
      const [id, fields] = entry;
      last = id;
      return { ms, text: fields[fields.indexOf("ce") + 1] ?? "" };
    },
  };
}
