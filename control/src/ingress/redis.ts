/** Commands from Redis: a stream that all nodes read by one consumer group, each command carried out by one of them. */
import { z } from "zod";
import { connectRedis, isFatal, isMoved, type RedisConnection } from "../events/clients/redis.ts";
import { commandStream, deadCommandStream } from "../events/commands.ts";
import {
  autoclaimedSchema,
  claimedSchema,
  deliveryOf,
  pendingSchema,
  readSchema,
  sentMsOf,
  summarySchema,
  textOf,
  timeOf,
} from "./redis-entries.ts";
import {
  beginScript,
  claimEndScript,
  findScript,
  giveBackScript,
  group,
  holdScript,
  jobKey,
  keepMs,
  setAsideScript,
} from "./redis-scripts.ts";
import type { CommandSource, Delivery, SourceConnection, Whereabouts } from "./source.ts";

export interface RedisSourceSettings {
  /** The configured URL, or the embedded server's. */
  url: string;
  commandTimeoutMs: number;
  /** This node among the consumers: the same in its next life, and no other node's. */
  consumer: string;
  claimIdleMs: number;
}

/** How many times longer than for others a node is waited for that was about to tell the end. */
const endingPatience = 60;
const maxSetAside = 1000;
/** Whoever follows has seen a cancellation by then. */
const followedMs = 60_000;
/** Commands bring up to 1.4 MB each. */
const followCount = 10;
/** Of what each `>` in the group reads at a time, for the same reason. */
const maxTake = 16;

/**
 * A user of a Redis that others use too needs no more than this rule gives beside what the sink needs:
 * `+xgroup|create +xreadgroup +xread +xpending +xclaim +xautoclaim +xack +xdel +xlen +xinfo|groups +hget +hmget +hdel
 * +hincrby +pexpire +eval`.
 */
export function createRedisSource(settings: RedisSourceSettings): CommandSource {
  const { url, commandTimeoutMs, consumer, claimIdleMs } = settings;
  const hasFailover = /^rediss?\+/.test(url);
  const blockMs = Math.min(1_000, Math.round(claimIdleMs / 2));
  /** Where following goes on after a reconnection. */
  let followed: string | null = null;

  async function open(signal: AbortSignal): Promise<SourceConnection> {
    const opened: RedisConnection[] = [];
    const connect = async (use: string, patienceMs: number) => {
      const connection = await connectRedis({ url, name: `humhelix-${use}`, commandTimeoutMs: patienceMs, signal });
      opened.push(connection);
      return connection;
    };
    const giveUp = () => {
      for (const connection of opened) connection.close();
    };
    signal.addEventListener("abort", giveUp);
    try {
      const redis = await connect("commands", commandTimeoutMs);
      const reader = await connect("commands-read", commandTimeoutMs + blockMs);
      const follower = await connect("commands-follow", commandTimeoutMs + blockMs);
      // From the beginning: what was sent before the first node started is to be carried out too.
      await redis.call("XGROUP", "CREATE", commandStream, group, "0", "MKSTREAM").catch((error: Error) => {
        if (!error.message.startsWith("BUSYGROUP")) throw error;
      });
      followed ??= await followFrom(redis);
      signal.throwIfAborted();
      return over({ redis, reader, follower });
    } catch (error) {
      giveUp();
      throw error;
    } finally {
      signal.removeEventListener("abort", giveUp);
    }
  }

  /** Cancellations that concern what is not finished: they come after it. */
  async function followFrom(redis: RedisConnection): Promise<string> {
    const [, first] = summarySchema.parse(await redis.call("XPENDING", commandStream, group));
    const groups = z.array(z.array(z.unknown())).parse(await redis.call("XINFO", "GROUPS", commandStream));
    const ours = groups.map(fieldsOf).find(({ name }) => name === group);
    const last = z.string().parse(ours?.["last-delivered-id"]);
    return first === null || timeOf(last) < timeOf(first) ? last : `${Math.max(0, timeOf(first) - 1)}-0`;
  }

  function over(connections: Record<"redis" | "reader" | "follower", RedisConnection>): SourceConnection {
    const { redis, reader, follower } = connections;
    const all = Object.values(connections);
    const closed = Promise.race(all.map((one) => one.closed));
    const finished: { key: string; atMs: number }[] = [];
    let claimedAtMs = Number.NEGATIVE_INFINITY;
    let claimCursor = "0-0";
    /** Exclusive; null once all that this node had left unfinished was taken. */
    let unfinishedAfter: string | null = "-";

    const run = (script: string, keys: readonly string[], args: readonly (string | number)[]) =>
      redis.call("EVAL", script, keys.length + 1, commandStream, ...keys, group, consumer, keepMs, ...args);

    async function takeUnfinished(limit: number, held: ReadonlySet<string>): Promise<Delivery[]> {
      while (unfinishedAfter !== null) {
        const start = unfinishedAfter === "-" ? "-" : `(${unfinishedAfter}`;
        const reply = await redis.call("XPENDING", commandStream, group, start, "+", limit, consumer);
        const pending = pendingSchema.parse(reply);
        unfinishedAfter = pending.length < limit ? null : (pending.at(-1)?.[0] ?? null);
        const counts = new Map(pending.map(([id, , , count]) => [id, count + 1]));
        const ids = [...counts.keys()].filter((id) => !held.has(id));
        if (ids.length === 0) continue;
        const entries = claimedSchema.parse(await redis.call("XCLAIM", commandStream, group, consumer, 0, ...ids));
        return entries.map((entry) => deliveryOf(entry, counts.get(entry.id) ?? 1));
      }
      return [];
    }

    async function takeOver(limit: number): Promise<Delivery[]> {
      if (claimCursor === "0-0" && performance.now() - claimedAtMs < claimIdleMs / 2) return [];
      claimedAtMs = performance.now();
      const options = ["COUNT", limit];
      const reply = await redis.call(
        "XAUTOCLAIM",
        ...[commandStream, group, consumer, claimIdleMs, claimCursor, ...options],
      );
      const [cursor, entries] = autoclaimedSchema.parse(reply);
      claimCursor = cursor;
      const counts = await redis.pipeline(
        entries.map(({ id }) => ["XPENDING", commandStream, group, id, id, 1, consumer]),
      );
      return entries.map((entry, index) => {
        const count = counts[index];
        if (count?.ok === false) throw count.error;
        return deliveryOf(entry, pendingSchema.parse(count?.value)[0]?.[3] ?? 1);
      });
    }

    async function takeNew(limit: number): Promise<Delivery[]> {
      const from = ["GROUP", group, consumer, "COUNT", limit, "BLOCK", blockMs, "STREAMS", commandStream, ">"];
      return readSchema.parse(await reader.call("XREADGROUP", ...from)).map((entry) => deliveryOf(entry, 1));
    }

    async function forgetFollowed(): Promise<void> {
      const old = finished.filter(({ atMs }) => performance.now() - atMs > followedMs);
      if (old.length === 0) return;
      finished.splice(0, old.length);
      await redis.call("XDEL", commandStream, ...old.map(({ key }) => key));
    }

    const close = async (reason?: Error) => {
      for (const one of all) one.close(reason);
      await Promise.all(all.map((one) => one.closed));
    };

    return {
      async take({ limit, held }) {
        const most = Math.min(limit, maxTake);
        await forgetFollowed();
        const unfinished = await takeUnfinished(most, held);
        if (unfinished.length > 0) return unfinished;
        const left = await takeOver(most);
        return left.length > 0 ? left : takeNew(most);
      },
      follow(listener) {
        const next = async () => {
          const from = ["COUNT", followCount, "BLOCK", blockMs, "STREAMS", commandStream, followed ?? "$"];
          for (const entry of readSchema.parse(await follower.call("XREAD", ...from))) {
            followed = entry.id;
            listener({ text: textOf(entry), sentMs: sentMsOf(entry.id) });
          }
        };
        const loop = async () => {
          for (;;) await next();
        };
        loop().catch((error: Error) => close(error));
      },
      async begin({ key, deliveries }, jobId) {
        const reply = await run(beginScript, [jobKey(jobId)], [key, claimIdleMs * endingPatience]);
        return { standing: z.enum(["begin", "repeated", "elsewhere"]).parse(reply), begun: deliveries ?? 1 };
      },
      async hold(held) {
        const keys = held.map(({ jobId }) => jobKey(jobId));
        const entries = held.map(({ key }) => key);
        return z.array(z.string()).parse(await run(holdScript, keys, entries));
      },
      claimEnd: async ({ key, jobId }) => (await run(claimEndScript, [jobKey(jobId)], [key])) === 1,
      async finish(key, { isFollowed }) {
        await redis.call("XACK", commandStream, group, key);
        if (isFollowed) finished.push({ key, atMs: performance.now() });
        else await redis.call("XDEL", commandStream, key);
      },
      async setAside({ key, text, deliveries }, reason) {
        await run(setAsideScript, [deadCommandStream], [key, text, reason, deliveries ?? 1, maxSetAside]);
      },
      async giveBack({ key, deliveries }) {
        await run(giveBackScript, [], [key, claimIdleMs, (deliveries ?? 1) - 1]);
      },
      async find(jobIds) {
        const reply = await run(findScript, jobIds.map(jobKey), []);
        const found = z.array(z.enum(["here", "elsewhere", "forgotten"])).parse(reply);
        return new Map(jobIds.map((id, index): [string, Whereabouts] => [id, found[index] ?? "forgotten"]));
      },
      async waiting() {
        const [entries, pending] = await Promise.all([
          redis.call("XLEN", commandStream),
          redis.call("XPENDING", commandStream, group),
        ]);
        return Math.max(0, z.int().parse(entries) - summarySchema.parse(pending)[0] - finished.length);
      },
      closed,
      close,
    };
  }

  return { name: "redis", open, isRefusal: (error) => isFatal(error) && !(hasFailover && isMoved(error)) };
}

/** A reply that lists names and values in turn. */
const fieldsOf = (reply: readonly unknown[]): Record<string, unknown> =>
  Object.fromEntries(reply.flatMap((name, index) => (index % 2 === 0 ? [[String(name), reply[index + 1]]] : [])));
