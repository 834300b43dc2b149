/** A Redis of the test's own and a feed that publishes to it, for the scenarios that break what is between them. */
import { join } from "node:path";
import type { Clock } from "../../src/core/clock.ts";
import type { StreamName } from "../../src/events/catalogue.ts";
import { connectRedis, type RedisConnection } from "../../src/events/clients/redis.ts";
import type { Sink } from "../../src/events/sink.ts";
import { streamKey } from "../../src/events/sinks/append.ts";
import { createRedisSink } from "../../src/events/sinks/redis.ts";
import { openFeedRig } from "../feed-rig.ts";
import { createValkey } from "../valkey.ts";
import { receivedOf } from "./load.ts";
import { type Stage, until } from "./scenario.ts";

export type RedisBench = Awaited<ReturnType<typeof openRedisBench>>;

export interface RedisBenchOptions {
  /** Where the feed finds the server; at the server itself where it is not given. */
  urlOf?: (port: number) => Promise<string>;
  /** Something around the sink, such as a watch. */
  wrap?: (sink: Sink) => Sink;
  others?: readonly Sink[];
  clock?: Clock;
  maxBytes?: number;
}

export async function openRedisBench(stage: Stage, options: RedisBenchOptions = {}) {
  const server = await createValkey({ dir: join(stage.dir, "valkey") });
  stage.defer(server.stop);
  await server.start();
  const url = (await options.urlOf?.(server.port)) ?? server.url;
  const settings = { url, command_timeout_s: 1, retention_s: 86_400 };
  const sink = (options.wrap ?? ((bare) => bare))(createRedisSink(settings));
  const rig = await openFeedRig(stage.dir, {
    sinks: [sink, ...(options.others ?? [])],
    ...(options.clock === undefined ? {} : { clock: options.clock }),
    ...(options.maxBytes === undefined ? {} : { spool: { max_bytes: options.maxBytes } }),
  });
  stage.defer(rig.close);
  const health = () => {
    const status = rig.feed.health().find((each) => each.sink === "redis");
    if (status === undefined) throw new Error("the feed has no Redis sink");
    return status;
  };

  return {
    ...rig,
    server,
    health,
    async connect() {
      const connection = await connectRedis({ url: server.url, name: "consumer", commandTimeoutMs: 10_000 });
      stage.defer(connection.close);
      return connection;
    },
    /** Milliseconds until the sink takes events and at most so many wait for it. */
    untilCaughtUp: (held = 0, timeoutMs = 30_000) =>
      until("a Redis sink that has caught up", {
        holds: () => rig.spool.waiting() <= held && health().state === "connected" && health().held <= held,
        timeoutMs,
      }),
  };
}

/** All that a stream holds of the load, oldest first. */
export async function received(connection: RedisConnection, stream: StreamName = "transcription") {
  const events = await jsonOf(connection, stream);
  return events.map(receivedOf).filter((event) => event !== null);
}

/** The CloudEvents of a stream, page by page. */
export async function jsonOf(connection: RedisConnection, stream: StreamName): Promise<string[]> {
  const all: string[] = [];
  for (let from = "-"; ; ) {
    const page = (await connection.call("XRANGE", streamKey(stream), from, "+", "COUNT", 2_000)) as [
      string,
      string[],
    ][];
    all.push(...page.map(([, fields]) => fields[fields.indexOf("ce") + 1] ?? ""));
    const last = page.at(-1)?.[0];
    if (last === undefined) return all;
    from = `(${last}`;
  }
}
