/** The rig of the event tests: a real embedded server, feeds that write to it, and a judge of what it then holds. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, vi } from "vitest";
import { checkoutRoot } from "../../src/core/checkout.ts";
import { type Clock, systemClock } from "../../src/core/clock.ts";
import type { Config } from "../../src/core/config.ts";
import { createLog } from "../../src/core/log.ts";
import type { StreamName } from "../../src/events/catalogue.ts";
import { connectRedis, type RedisConnection } from "../../src/events/clients/redis.ts";
import { adminUrlOf, readIdentity } from "../../src/events/embedded/identity.ts";
import { type EmbeddedRedis, startEmbeddedRedis } from "../../src/events/embedded.ts";
import { type CloudEvent, cloudEventSchema } from "../../src/events/envelope.ts";
import type { Feed } from "../../src/events/feed.ts";
import { streamKey } from "../../src/events/sinks/append.ts";
import { createRedisSink } from "../../src/events/sinks/redis.ts";
import type { Spool } from "../../src/events/spool/spool.ts";
import { testConfig } from "../config.ts";
import { openFeedRig } from "../feed-rig.ts";

export type EventsRig = ReturnType<typeof openEventsRig>;

export function openEventsRig(dir = mkdtempSync(join(tmpdir(), "hum-events-"))) {
  const config = testConfig(dir);
  const log = createLog({ level: "silent", readable: false });
  const runtimeDir = join(dir, "run");
  mkdirSync(runtimeDir, { recursive: true, mode: 0o700 });
  const servers: EmbeddedRedis[] = [];
  const connections: RedisConnection[] = [];
  const feeds: Awaited<ReturnType<typeof openFeedRig>>[] = [];

  return {
    dir,
    config,
    async startServer() {
      const server = await startEmbeddedRedis({
        config,
        runtimeDir,
        packageDir: join(checkoutRoot, "sidecar/src"),
        log,
      });
      servers.push(server);
      return server;
    },
    /** Full rights, over TCP, at the server's own port or at that of a proxy. */
    adminUrl(port?: number) {
      const identity = readIdentity(join(config.data_dir, "redis"));
      return adminUrlOf(identity, { port: port ?? identity.port ?? 0 });
    },
    async connect(url: string) {
      const connection = await connectRedis({ url, name: "test", commandTimeoutMs: 2_000 });
      connections.push(connection);
      return connection;
    },
    /** Another one is the next life of the same node, once the first has stopped. */
    async startFeed(url: string, options: { redis?: Partial<Config["events"]["redis"]>; clock?: Clock } = {}) {
      const { clock = systemClock } = options;
      const sink = createRedisSink({ ...config.events.redis, ...options.redis, url });
      const rig = await openFeedRig(dir, { sinks: [sink], clock });
      feeds.push(rig);
      return rig;
    },
    async close() {
      for (const feed of feeds) await feed.close();
      for (const connection of connections) connection.close();
      for (const server of servers) await server.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

/** One small event of the system stream. */
export const tell = (feed: Feed, index: number) =>
  feed.system("sidecar.started", `slot-${index}`, { slot: `slot-${index}`, pid: index });

/** Every event is safe, and the bus has it. */
export async function untilStored({ feed, spool }: { feed: Feed; spool: Spool }): Promise<void> {
  await vi.waitFor(
    () => {
      expect(spool.waiting()).toBe(0);
      expect(feed.health()).toMatchObject([{ state: "connected", held: 0 }]);
    },
    { timeout: 10_000, interval: 10 },
  );
}

/** What a stream holds, oldest first. */
export async function storedEvents(connection: RedisConnection, stream: StreamName = "system"): Promise<CloudEvent[]> {
  const entries = (await connection.call("XRANGE", streamKey(stream), "-", "+")) as [string, string[]][];
  return entries.map(([, fields]) => cloudEventSchema.parse(JSON.parse(fields[fields.indexOf("ce") + 1] ?? "")));
}

/** What went wrong on the way of events whose subjects were told as 0, 1, 2 ... by one producer. */
export function judge(events: readonly CloudEvent[], told: number) {
  const indexes = events.map((event) => Number(event.subject.slice(event.subject.lastIndexOf("-") + 1)));
  const sequences = events.map((event) => Number(event.sequence));
  const steps = sequences.map((sequence, position) => sequence - (sequences[position - 1] ?? 0));
  return {
    lost: told - new Set(indexes).size,
    duplicates: events.length - new Set(events.map((event) => event.id)).size,
    gaps: steps.filter((step) => step > 1).length,
    inversions: steps.filter((step) => step < 1).length,
  };
}

export const flawless = { lost: 0, duplicates: 0, gaps: 0, inversions: 0 };
