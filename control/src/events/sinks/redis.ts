/** The Redis sink: one writer that appends events in order, each once, and holds them while Redis is away. */
import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../../core/clock.ts";
import type { Config } from "../../core/config.ts";
import type { Log } from "../../core/log.ts";
import type { SinkStatus } from "../../core/readiness.ts";
import { createBacklog } from "../backlog.ts";
import { connectRedis, isFatal, isMissingScript, type RedisConnection } from "../clients/redis.ts";
import { defaultPace, type RetryPace, retryDelayMs } from "../retry.ts";
import type { SealedEvent, Sink, SinkReport } from "../sink.ts";
import { appendCommand, appendedSchema, appendScript, metaKey } from "./append.ts";

export interface RedisSinkOptions {
  config: Pick<Config, "events">;
  /** The configured URL, or the embedded server's. */
  url: string;
  clock: Clock;
  log: Log;
  pace?: RetryPace;
}

const batchLimit = { events: 128, characters: 1024 * 1024 };
/** Failures in a row after which a sink is not merely between two connections. */
const downAfter = 3;

export function createRedisSink(options: RedisSinkOptions): Sink {
  const { url, clock, log, pace = defaultPace } = options;
  const { redis } = options.config.events;
  const name = "redis";
  const retentionMs = Math.round(redis.retention_s * 1000);
  const backlog = createBacklog(redis.max_held);
  /** The last sequence of each source that the bus has acknowledged, and when. */
  const acknowledged = new Map<string, { sequence: number; wallMs: number }>();
  const ending = new AbortController();
  let report: SinkReport | null = null;
  let running: Promise<void> = Promise.resolve();
  let connection: RedisConnection | null = null;
  let state: SinkStatus["state"] = "connecting";
  let reason: string | null = null;
  let failures = 0;
  let inFlight = 0;
  let dropped = 0;
  let wake = () => {};

  const held = () => backlog.size + inFlight;

  function drop(events: number): void {
    if (events === 0) return;
    dropped += events;
    report?.count("dropped", events);
  }

  async function run(): Promise<void> {
    while (!ending.signal.aborted) {
      try {
        await open();
        await write();
      } catch (error) {
        await recover(error instanceof Error ? error : new Error(String(error)));
      }
    }
  }

  async function open(): Promise<void> {
    const commandTimeoutMs = redis.command_timeout_s * 1000;
    connection = await connectRedis({ url, name: "humhelix-feed", commandTimeoutMs, signal: ending.signal });
    await connection.call("SCRIPT", "LOAD", appendScript);
    await connection.call("HSET", metaKey, "retention_s", redis.retention_s);
    if (failures > 0) log.info({ sink: name, held: held() }, "the event sink is connected again");
    state = "connected";
    reason = null;
  }

  /** Returns when the sink ends; throws when the connection does. */
  async function write(): Promise<void> {
    const current = connection;
    if (current === null) return;
    let gone: Error | null = null;
    void current.closed.then((error) => {
      gone = error;
      wake();
    });
    while (!ending.signal.aborted) {
      while (backlog.size > 0) await send(current);
      failures = 0;
      if (gone !== null) throw gone;
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }

  /** What the next event of a source must follow. A bus may forget what is older than its events stay: 0, anything. */
  function lastKept(source: string): number {
    const last = acknowledged.get(source);
    return last === undefined || clock.wallMs() - last.wallMs > retentionMs ? 0 : last.sequence;
  }

  async function send(to: RedisConnection): Promise<void> {
    const batch = backlog.take(batchLimit);
    inFlight = batch.length;
    const sent = new Map<string, number>();
    const commands = batch.map((event) => {
      const predecessor = sent.get(event.source) ?? lastKept(event.source);
      sent.set(event.source, event.sequence);
      return appendCommand(event, { predecessor, retentionMs });
    });
    const replies = await to.pipeline(commands);
    let delivered = 0;
    try {
      for (const [index, event] of batch.entries()) {
        const reply = replies[index] ?? { ok: false, error: new Error("Redis gave no reply") };
        if (!reply.ok) throw reply.error;
        const [result, last] = appendedSchema.parse(reply.value);
        const sequence = result === "hole" ? last : event.sequence;
        acknowledged.set(event.source, { sequence, wallMs: clock.wallMs() });
        if (result === "hole") {
          report?.forgot(event.source);
          return;
        }
        report?.count(result, 1);
        delivered += 1;
      }
    } catch (error) {
      if (!(error instanceof Error && isMissingScript(error))) throw error;
      await to.call("SCRIPT", "LOAD", appendScript);
    } finally {
      inFlight = 0;
      drop(backlog.putBack(batch.slice(delivered)));
      report?.held(held());
    }
  }

  async function recover(error: Error): Promise<void> {
    connection?.close();
    connection = null;
    if (ending.signal.aborted) return;
    failures += 1;
    const refused = isFatal(error);
    // Only the message: an error of the client carries the command, and with it passwords and text.
    reason = error.message;
    state = refused || failures >= downAfter ? "down" : "connecting";
    if (failures === 1) log.warn({ sink: name, reason, refused }, "the event sink is away: events are held");
    await delay(retryDelayMs(pace, { failures, refused }), undefined, { signal: ending.signal }).catch(() => undefined);
  }

  return {
    name,
    start(to) {
      report = to;
      running = run();
    },
    deliver(event: SealedEvent) {
      drop(backlog.add(event));
      report?.held(held());
      // A turn later: what the event tells of goes on first, and what follows it at once shares its round trip.
      if (backlog.size === 1) setImmediate(() => wake());
    },
    health: () => ({ sink: name, state, held: held(), dropped, reason }),
    async stop(drainMs) {
      const deadlineMs = clock.monotonicMs() + drainMs;
      while (report !== null && held() > 0 && clock.monotonicMs() < deadlineMs) await delay(10);
      ending.abort();
      wake();
      connection?.close();
      await running;
      if (backlog.size > 0) {
        log.warn({ sink: name, events: backlog.size }, "the event sink ends with events that were not delivered");
      }
      drop(backlog.take({ events: backlog.size, characters: Number.POSITIVE_INFINITY }).length);
      report?.held(held());
      state = "down";
      reason = "stopped";
    },
  };
}
