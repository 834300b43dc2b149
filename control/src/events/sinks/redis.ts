/** The Redis sink: appends events to the streams that are the contract, in order, each once, however often it is sent. */
import type { Config } from "../../core/config.ts";
import { connectRedis, isFatal, isMissingScript, isMoved, type RedisConnection } from "../clients/redis.ts";
import type { Delivery, Outgoing, Sink, SinkConnection } from "../sink.ts";
import {
  appendCommand,
  appendedSchema,
  appendScript,
  channelOf,
  lastKey,
  lastSequenceSchema,
  metaKey,
  rememberMs,
} from "./append.ts";

export interface RedisSinkSettings extends Pick<Config["events"]["redis"], "command_timeout_s" | "retention_s"> {
  /** The configured URL, or the embedded server's. */
  url: string;
}

/** Ephemeral events that wait for their reply: a server that hangs must not make us keep what it will never hear. */
const maxAnnounced = 256;

/**
 * A user of a Redis that others use too needs no more than this rule gives:
 * `on >password ~{humhelix}:* &humhelix.events.* -@all +client|setname +evalsha +script|load +time +get +set +hset +xadd
 * +publish`, with sentinels `+role` besides, and with a cluster `+cluster|keyslot +cluster|slots`.
 */
export function createRedisSink(settings: RedisSinkSettings): Sink {
  const { url, command_timeout_s, retention_s } = settings;
  const retentionMs = Math.round(retention_s * 1000);
  const hasFailover = /^rediss?\+/.test(url);

  return {
    name: "redis",
    remembersMs: retentionMs + rememberMs,
    async open(signal) {
      const connection = await connectRedis({
        url,
        name: "humhelix-feed",
        commandTimeoutMs: command_timeout_s * 1000,
        signal,
      });
      const giveUp = () => connection.close();
      signal.addEventListener("abort", giveUp);
      try {
        signal.throwIfAborted();
        await connection.call("SCRIPT", "LOAD", appendScript);
        await connection.call("HSET", metaKey, "retention_s", retention_s);
      } catch (error) {
        connection.close();
        throw error;
      } finally {
        signal.removeEventListener("abort", giveUp);
      }
      return sinkConnection(connection, retentionMs);
    },
    isRefusal: (error) => isFatal(error) && !(hasFailover && isMoved(error)),
  };
}

function sinkConnection(connection: RedisConnection, retentionMs: number): SinkConnection {
  let announced = 0;

  return {
    async recall(sources) {
      const replies = await connection.pipeline(sources.map((source) => ["GET", lastKey(source)]));
      const last = new Map<string, number>();
      for (const [index, source] of sources.entries()) {
        const reply = replies[index];
        if (reply === undefined) throw new Error("Redis gave no reply");
        if (!reply.ok) throw reply.error;
        const sequence = lastSequenceSchema.parse(reply.value);
        if (sequence !== null) last.set(source, sequence);
      }
      return last;
    },

    async deliver(batch) {
      const first = await append(connection, { batch, retentionMs });
      const { delivered, duplicates, stopped } = first;
      if (stopped?.kind !== "failed" || !isMissingScript(stopped.error)) return first;
      // Another client may flush the scripts at any time.
      await connection.call("SCRIPT", "LOAD", appendScript);
      const rest = await append(connection, { batch: batch.slice(delivered), retentionMs });
      return { ...rest, delivered: delivered + rest.delivered, duplicates: duplicates + rest.duplicates };
    },

    announce({ name, json }) {
      if (announced >= maxAnnounced) return;
      announced += 1;
      const settled = () => {
        announced -= 1;
      };
      connection.call("PUBLISH", channelOf(name), json).then(settled, settled);
    },

    closed: connection.closed,

    async close() {
      connection.close();
      await connection.closed;
    },
  };
}

/** One round trip. Once a reply is an error or a hole, those after it mean nothing: the script refused what they follow. */
async function append(
  connection: RedisConnection,
  { batch, retentionMs }: { batch: readonly Outgoing[]; retentionMs: number },
): Promise<Delivery> {
  const commands = batch.map((event) => appendCommand(event, retentionMs));
  const replies = await connection.pipeline(commands);
  let duplicates = 0;
  for (const delivered of batch.keys()) {
    const reply = replies[delivered] ?? { ok: false, error: new Error("Redis gave no reply") };
    if (!reply.ok) return { delivered, duplicates, stopped: { kind: "failed", error: reply.error } };
    const [result] = appendedSchema.parse(reply.value);
    if (result === "hole") return { delivered, duplicates, stopped: { kind: "gap" } };
    if (result === "duplicate") duplicates += 1;
  }
  return { delivered: batch.length, duplicates, stopped: null };
}
