import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pace } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { connectRedis, type RedisConnection } from "../../src/events/clients/redis.ts";
import type { Sink } from "../../src/events/sink.ts";
import { createRedisSink } from "../../src/events/sinks/redis.ts";
import { flawless, judge } from "../conformance/judge.ts";
import { startNode, type TestNode } from "../conformance/node.ts";
import { freePort } from "../ports.ts";
import { createValkey, type Valkey } from "../valkey.ts";
import { sinkRule, storedIn } from "./redis-streams.ts";

const master = "mymaster";
const patience = { timeout: 20_000, interval: 20 };
const durable = ["--appendonly", "yes", "--save", "", "--repl-diskless-sync-delay", "0"];

let dir: string;
let servers: Valkey[];
let nodes: TestNode[];
beforeEach(() => {
  nodes = [];
  dir = mkdtempSync(join(tmpdir(), "hum-failover-"));
  servers = [];
});
afterEach(async () => {
  for (const node of nodes) await node.stop();
  await Promise.all(servers.map((server) => server.stop()));
  rmSync(dir, { recursive: true, force: true });
});

async function startServer(...args: readonly string[]): Promise<Valkey> {
  const server = await createValkey({ dir: join(dir, String(servers.length)), args });
  servers.push(server);
  await server.start();
  return server;
}

async function connectTo({ url }: Pick<Valkey, "url">): Promise<RedisConnection> {
  const connection = await connectRedis({ url, name: "test", commandTimeoutMs: 2_000 });
  onTestFinished(() => connection.close());
  return connection;
}

async function startFeed(url: string) {
  const sink = createRedisSink({ url, retention_s: 3600, command_timeout_s: 1 });
  const recalled: number[] = [];
  /** Notes what the bus says that it has. */
  const noting: Sink = {
    ...sink,
    async open(signal) {
      const connection = await sink.open(signal);
      const recall = async (sources: readonly string[]) => {
        const last = (await connection.recall?.(sources)) ?? new Map<string, number>();
        recalled.push(...last.values());
        return last;
      };
      return { ...connection, recall };
    },
  };
  const node = await startNode({ dir: join(dir, "node"), sink: noting });
  nodes.push(node);
  return { node, recalled };
}

/** Tells events without a pause until it is told to stop; resolves with their number. */
function produce(node: TestNode) {
  let told = 0;
  let producing = true;
  const ended = (async () => {
    while (producing) {
      node.tell(told);
      told += 1;
      await pace(2);
    }
    return told;
  })();
  onTestFinished(async () => {
    producing = false;
    await ended;
  });
  return {
    /** Resolves once so many more have arrived. */
    async untilDelivered(more: number) {
      const wanted = told - node.health().held + more;
      await vi.waitFor(() => expect(told - node.health().held).toBeGreaterThan(wanted), patience);
    },
    async stop() {
      producing = false;
      await ended;
      await vi.waitFor(() => expect(node.health()).toMatchObject({ state: "connected", held: 0 }), patience);
    },
  };
}

test("a server that comes back without what it had last is given that again", async () => {
  const server = await startServer("--appendonly", "no", "--save", "");
  const { node, recalled } = await startFeed(server.url);
  const stream = produce(node);
  await stream.untilDelivered(50);
  await (await connectTo(server)).call("SAVE");
  await stream.untilDelivered(50);
  const lastBefore = (await storedIn(server.url)).length;
  await server.kill();
  await server.start();
  await stream.untilDelivered(50);
  await stream.stop();
  expect(recalled[0]).toBeLessThan(lastBefore);
  expect(judge(await node.told(), await storedIn(server.url))).toEqual(flawless);
});

describe("with sentinels", () => {
  let first: Valkey;
  let second: Valkey;
  let sentinel: Valkey;
  let url: string;
  beforeEach(async () => {
    first = await startServer(...durable);
    second = await startServer(...durable, "--replicaof", "127.0.0.1", String(first.port));
    const replica = await connectTo(second);
    const isSynced = async () => expect(await replica.call("INFO", "replication")).toContain("master_link_status:up");
    await vi.waitFor(isSynced, patience);
    const settings = join(dir, "sentinel.conf");
    const lines = [`monitor ${master} 127.0.0.1 ${first.port} 1`, `down-after-milliseconds ${master} 300`];
    writeFileSync(settings, [...lines, `failover-timeout ${master} 3000`].map((line) => `sentinel ${line}\n`).join(""));
    sentinel = await startServer(settings, "--sentinel");
    // The first one does not answer.
    url = `redis+sentinel://127.0.0.1:${await freePort()},127.0.0.1:${sentinel.port}/${master}`;
    const watcher = await connectTo(sentinel);
    await vi.waitFor(async () => expect(await watcher.call("SENTINEL", "REPLICAS", master)).toHaveLength(1), patience);
  });

  test("a master that dies with what its replica had not got loses nothing", async () => {
    const { node, recalled } = await startFeed(url);
    const stream = produce(node);
    await stream.untilDelivered(50);
    second.signal("SIGSTOP");
    await (await connectTo(first)).call("CLIENT", "KILL", "TYPE", "replica");
    await stream.untilDelivered(50);
    const lastOfFirst = (await storedIn(first.url)).length;
    await first.kill();
    second.signal("SIGCONT");
    await stream.untilDelivered(50);
    await stream.stop();
    expect(recalled[0]).toBeLessThan(lastOfFirst);
    expect(judge(await node.told(), await storedIn(second.url))).toEqual(flawless);
  });

  test("a master that is told to step down loses nothing", async () => {
    const { node } = await startFeed(url);
    const stream = produce(node);
    await stream.untilDelivered(50);
    const watcher = await connectTo(sentinel);
    await watcher.call("SENTINEL", "FAILOVER", master);
    const elected = ["127.0.0.1", String(second.port)];
    const address = () => watcher.call("SENTINEL", "GET-MASTER-ADDR-BY-NAME", master);
    await vi.waitFor(async () => expect(await address()).toEqual(elected), patience);
    await stream.untilDelivered(50);
    await stream.stop();
    expect(judge(await node.told(), await storedIn(second.url))).toEqual(flawless);
  });

  test("a user who may only do what the sink needs, and ask for a server's role, is enough", async () => {
    await (await connectTo(first)).call("ACL", "SETUSER", "sink", ...sinkRule.split(" "), "+role");
    const { node } = await startFeed(url.replace("://", "://sink:secret@"));
    for (let index = 0; index < 10; index += 1) node.tell(index);
    await vi.waitFor(() => expect(node.health()).toMatchObject({ state: "connected", held: 0 }), patience);
    expect(judge(await node.told(), await storedIn(first.url))).toEqual(flawless);
    expect(await (await connectTo(first)).call("ACL", "LOG")).toEqual([]);
  });

  test("a master that no sentinel knows, and sentinels that do not answer, are named as the reason", async () => {
    const open = (text: string) =>
      createRedisSink({ url: text, retention_s: 60, command_timeout_s: 1 }).open(AbortSignal.timeout(5_000));
    const other = `redis+sentinel://127.0.0.1:${sentinel.port}/other`;
    await expect(open(other)).rejects.toThrow(`the sentinel 127.0.0.1:${sentinel.port} knows no master named other`);
    await sentinel.stop();
    await expect(open(url)).rejects.toThrow("ECONNREFUSED");
  });
});

test("an attempt that waits for a sentinel is given up at once", async () => {
  const settings = join(dir, "sentinel.conf");
  writeFileSync(settings, "");
  const sentinel = await startServer(settings, "--sentinel");
  sentinel.signal("SIGSTOP");
  const leaving = new AbortController();
  const url = `redis+sentinel://127.0.0.1:${sentinel.port}/${master}`;
  const opening = createRedisSink({ url, retention_s: 60, command_timeout_s: 5 }).open(leaving.signal);
  setTimeout(() => leaving.abort(), 100);
  const beforeMs = performance.now();
  await expect(opening).rejects.toThrow();
  expect(performance.now() - beforeMs).toBeLessThan(1_000);
});

describe("with a cluster", () => {
  let owner: Valkey;
  let replica: Valkey;
  let others: Valkey[];
  let slot: number;
  let url: string;
  beforeEach(async () => {
    const nodes: Valkey[] = [];
    for (let index = 0; index < 4; index += 1) {
      const settings = ["--cluster-enabled", "yes", "--cluster-node-timeout", "1000"];
      nodes.push(await startServer(...durable, ...settings, "--cluster-port", String(await freePort())));
    }
    const [one, ...rest] = nodes;
    if (one === undefined) throw new Error("there are four nodes");
    const first = await connectTo(one);
    for (const { port, url: place } of rest) {
      const [, bus] = (await (await connectTo({ url: place })).call("CONFIG", "GET", "cluster-port")) as string[];
      await first.call("CLUSTER", "MEET", "127.0.0.1", port, bus ?? "");
    }
    const bounds = [0, 5_461, 10_923, 16_384];
    for (const [index, node] of nodes.slice(0, 3).entries()) {
      const range = [bounds[index] ?? 0, (bounds[index + 1] ?? 0) - 1];
      await (await connectTo(node)).call("CLUSTER", "ADDSLOTSRANGE", ...range);
    }
    slot = Number(await first.call("CLUSTER", "KEYSLOT", "{humhelix}"));
    const holder = nodes[bounds.findIndex((bound) => slot < bound) - 1];
    const spare = nodes[3];
    if (holder === undefined || spare === undefined) throw new Error("every slot has a node");
    [owner, replica] = [holder, spare];
    others = nodes.slice(0, 3).filter((node) => node !== holder);
    const ownerId = String(await (await connectTo(owner)).call("CLUSTER", "MYID"));
    const joining = await connectTo(replica);
    await vi.waitFor(async () => expect(await joining.call("CLUSTER", "REPLICATE", ownerId)).toBe("OK"), patience);
    for (const node of nodes) {
      const connection = await connectTo(node);
      const isWhole = async () => expect(await connection.call("CLUSTER", "INFO")).toContain("cluster_state:ok");
      await vi.waitFor(isWhole, patience);
    }
    await vi.waitFor(
      async () => expect(await joining.call("INFO", "replication")).toContain("master_link_status:up"),
      patience,
    );
    url = `redis+cluster://${[owner, ...others].map(({ port }) => `127.0.0.1:${port}`).join(",")}`;
  });

  test("events lie at the owner of their slot, and follow it to another node", async () => {
    const { node } = await startFeed(url);
    const stream = produce(node);
    await stream.untilDelivered(50);
    const [next] = others;
    if (next === undefined) throw new Error("there are two others");
    const nextId = String(await (await connectTo(next)).call("CLUSTER", "MYID"));
    await (await connectTo(owner)).call("CLUSTER", "MIGRATESLOTS", "SLOTSRANGE", slot, slot, "NODE", nextId);
    const moved = await connectTo(next);
    await vi.waitFor(
      async () => expect(await moved.call("CLUSTER", "COUNTKEYSINSLOT", slot)).toBeGreaterThan(0),
      patience,
    );
    await stream.untilDelivered(50);
    await stream.stop();
    expect(judge(await node.told(), await storedIn(next.url))).toEqual(flawless);
  });

  test("a user who may only do what the sink needs may find the owner too", async () => {
    const rule = [...sinkRule.split(" "), "+cluster|keyslot", "+cluster|slots"];
    for (const server of [owner, ...others]) await (await connectTo(server)).call("ACL", "SETUSER", "sink", ...rule);
    const { node } = await startFeed(url.replace("://", "://sink:secret@"));
    for (let index = 0; index < 10; index += 1) node.tell(index);
    await vi.waitFor(() => expect(node.health()).toMatchObject({ state: "connected", held: 0 }), patience);
    expect(judge(await node.told(), await storedIn(owner.url))).toEqual(flawless);
  });

  test("an owner that dies is followed by its replica, and nothing is lost", async () => {
    const { node } = await startFeed(url);
    const stream = produce(node);
    await stream.untilDelivered(50);
    await owner.kill();
    await stream.untilDelivered(50);
    await stream.stop();
    expect(judge(await node.told(), await storedIn(replica.url))).toEqual(flawless);
  });
});
