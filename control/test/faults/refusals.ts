/** Row 5: Redis refuses, or has forgotten everything. */
import { setTimeout as pause } from "node:timers/promises";
import type { RedisConnection } from "../../src/events/clients/redis.ts";
import { check } from "./checker.ts";
import { startLoad } from "./load.ts";
import { openRedisBench, type RedisBench, received } from "./redis-bench.ts";
import { atMost, type Finding, faultless, holds, scenario, until } from "./scenario.ts";

interface Refusal {
  name: string;
  reason: RegExp;
  begin(admin: RedisConnection): Promise<unknown>;
  end(admin: RedisConnection): Promise<unknown>;
}

const set = (admin: RedisConnection, name: string, value: string) => admin.call("CONFIG", "SET", name, value);

const refusals: readonly Refusal[] = [
  {
    name: "OOM",
    reason: /^OOM/,
    begin: (admin) => set(admin, "maxmemory", "1"),
    end: (admin) => set(admin, "maxmemory", "0"),
  },
  {
    name: "READONLY",
    reason: /^READONLY/,
    // A replica of nobody keeps what it has.
    begin: (admin) => admin.call("REPLICAOF", "127.0.0.1", "1"),
    end: (admin) => admin.call("REPLICAOF", "NO", "ONE"),
  },
  {
    name: "NOAUTH",
    reason: /^NOAUTH/,
    async begin(admin) {
      await set(admin, "requirepass", "secret");
      await admin.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    },
    end: (admin) => set(admin, "requirepass", ""),
  },
];

/** What `feed-rig.ts` waits between two tries after a refusal is at least half of this. */
const refusedMs = 400;

export const redisRefuses = scenario({
  row: 5,
  title: "Redis answers OOM, READONLY, NOAUTH, and is flushed",
  counts: { short: { refusedS: 2 }, full: { refusedS: 20 } },
  timeoutMs: { short: 60_000, full: 240_000 },
  async play({ refusedS }, stage) {
    const bench = await openRedisBench(stage);
    const admin = await bench.connect();
    const load = startLoad(bench.feed, { ratePerS: 200 });
    stage.defer(load.stop);
    const findings: Finding[] = [];
    for (const refusal of refusals) {
      await bench.untilCaughtUp(20);
      findings.push(...(await refuse(bench, { refusal, admin, refusedS })));
      stage.say(`${refusal.name} is over`);
    }
    await bench.untilCaughtUp(20);
    await load.stop();
    await bench.untilCaughtUp();
    const verdict = check({ told: load.told, received: await received(admin) });
    findings.push(faultless(`${load.told.length} events, ${refusals.length} refusals`, verdict));
    return [...findings, ...(await flush(bench, admin))];
  },
});

async function refuse(
  { health }: RedisBench,
  { refusal, admin, refusedS }: { refusal: Refusal; admin: RedisConnection; refusedS: number },
): Promise<Finding[]> {
  const { name, reason, begin, end } = refusal;
  await begin(admin);
  await until(`${name} as the reason`, { holds: () => reason.test(health().reason ?? ""), timeoutMs: 5_000 });
  const before = await connectionsOf(admin);
  const states = new Set<string>();
  const untilMs = performance.now() + refusedS * 1_000;
  while (performance.now() < untilMs) {
    states.add(health().state);
    await pause(20);
  }
  const connections = (await connectionsOf(admin)) - before;
  await end(admin);
  return [
    holds(`${name}: the sink is`, { seen: [...states].join(", "), wanted: "down" }),
    atMost(`${name}: connections in ${refusedS} s`, {
      seen: connections,
      bound: (refusedS * 1_000) / (refusedMs / 2) + 1,
    }),
  ];
}

async function connectionsOf(admin: RedisConnection): Promise<number> {
  return Number(/total_connections_received:(\d+)/.exec(String(await admin.call("INFO", "stats")))?.[1]);
}

/** It begins anew under another source, whose numbers begin at one, and nothing of it is lost. */
async function flush(bench: RedisBench, admin: RedisConnection): Promise<Finding[]> {
  const old = bench.spool.source("transcription");
  await admin.call("FLUSHALL");
  await admin.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
  await until("a new epoch", { holds: () => bench.spool.source("transcription") !== old });
  const load = startLoad(bench.feed, { ratePerS: 200, name: "after" });
  await pause(500);
  await load.stop();
  await bench.untilCaughtUp();
  const events = await received(admin);
  const isNew = events.every(({ source }) => source === bench.spool.source("transcription"));
  return [
    holds("flushed: a new epoch, from one", { seen: `${isNew}, ${events[0]?.sequence}`, wanted: "true, 1" }),
    faultless(`${load.told.length} events after the flush`, check({ told: load.told, received: events })),
  ];
}
