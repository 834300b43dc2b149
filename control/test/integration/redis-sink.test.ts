import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { connectRedis, type RedisConnection } from "../../src/events/clients/redis.ts";
import { lastKey, metaKey, streamKey } from "../../src/events/sinks/append.ts";
import { createRedisSink } from "../../src/events/sinks/redis.ts";
import { outgoing, sourceOf } from "../conformance/outgoing.ts";
import { createValkey, type Valkey } from "../valkey.ts";
import { sinkRule } from "./redis-streams.ts";

const stream = streamKey("system");
const source = sourceOf("system");
const never = new AbortController().signal;

let dir: string;
let server: Valkey;
let admin: RedisConnection;
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "hum-redis-"));
  server = await createValkey({ dir });
  await server.start();
  admin = await connectRedis({ url: server.url, name: "test", commandTimeoutMs: 2_000 });
});
afterEach(async () => {
  admin.close();
  await server.stop();
  rmSync(dir, { recursive: true, force: true });
});

const sinkAt = (url: string) => createRedisSink({ url, retention_s: 3600, command_timeout_s: 1 });

async function openSink(url = server.url) {
  const sink = sinkAt(url);
  const connection = await sink.open(never);
  onTestFinished(() => connection.close());
  return connection;
}

const storedSequences = async () => {
  const entries = (await admin.call("XRANGE", stream, "-", "+")) as [string, string[]][];
  return entries.map(([, fields]) => Number(JSON.parse(fields[1] ?? "").sequence));
};

test("opening publishes the retention, and tells what the server has of each source", async () => {
  const connection = await openSink();
  expect(await admin.call("HGET", metaKey, "retention_s")).toBe("3600");
  expect(await connection.recall?.([source, sourceOf("benchmark")])).toEqual(new Map());
  expect(await connection.recall?.([])).toEqual(new Map());
  await connection.deliver(outgoing(3));
  expect(await connection.recall?.([source, sourceOf("benchmark")])).toEqual(new Map([[source, 3]]));
});

test("a batch that the server had already in part is stored once, and the rest is added", async () => {
  const connection = await openSink();
  expect(await connection.deliver(outgoing(3))).toEqual({ delivered: 3, duplicates: 0, stopped: null });
  expect(await connection.deliver(outgoing(5))).toEqual({ delivered: 5, duplicates: 3, stopped: null });
  expect(await storedSequences()).toEqual([1, 2, 3, 4, 5]);
});

test("an event whose predecessor the server has lost is a gap, and one that follows a filtered one is none", async () => {
  const connection = await openSink();
  const events = outgoing(6);
  expect(await connection.deliver(events.slice(0, 2))).toMatchObject({ delivered: 2, stopped: null });
  expect(await connection.deliver(events.slice(3))).toEqual({ delivered: 0, duplicates: 0, stopped: { kind: "gap" } });
  const [, , , fourth, ...rest] = events;
  if (fourth === undefined) throw new Error("there are six");
  expect(await connection.deliver([{ ...fourth, predecessor: 2 }, ...rest])).toMatchObject({ delivered: 3 });
  expect(await storedSequences()).toEqual([1, 2, 4, 5, 6]);
});

test("what somebody asks for again is stored again, and the order of what comes next is as it was", async () => {
  const connection = await openSink();
  const events = outgoing(4);
  await connection.deliver(events.slice(0, 3));
  const again = events.slice(0, 2).map((event) => ({ ...event, predecessor: 0, isReplay: true as const }));
  expect(await connection.deliver(again)).toEqual({ delivered: 2, duplicates: 0, stopped: null });
  expect(await connection.deliver(events)).toEqual({ delivered: 4, duplicates: 3, stopped: null });
  expect(await storedSequences()).toEqual([1, 2, 3, 1, 2, 4]);
});

test("scripts that somebody flushed are loaded again within the delivery", async () => {
  const connection = await openSink();
  await connection.deliver(outgoing(2));
  await admin.call("SCRIPT", "FLUSH");
  expect(await connection.deliver(outgoing(4))).toEqual({ delivered: 4, duplicates: 2, stopped: null });
});

test("an ephemeral event is published and not stored", async () => {
  const connection = await openSink();
  const [event] = outgoing(1);
  if (event === undefined) throw new Error("there is one");
  const before = Number(/cmdstat_publish:calls=(\d+)/.exec(String(await admin.call("INFO", "commandstats")))?.[1] ?? 0);
  connection.announce?.(event);
  await vi.waitFor(async () => {
    const stats = String(await admin.call("INFO", "commandstats"));
    expect(Number(/cmdstat_publish:calls=(\d+)/.exec(stats)?.[1] ?? 0)).toBe(before + 1);
  });
  expect(await admin.call("EXISTS", stream)).toBe(0);
});

test("a server that hangs fails the delivery after the command timeout, and letting go of it takes no second", async () => {
  const connection = await openSink();
  const [event] = outgoing(1);
  server.signal("SIGSTOP");
  for (let count = 0; event !== undefined && count < 2_000; count += 1) connection.announce?.(event);
  const delivery = await connection.deliver(outgoing(3));
  expect(delivery).toMatchObject({ delivered: 0, stopped: { kind: "failed" } });
  const before = performance.now();
  await connection.close();
  expect(performance.now() - before).toBeLessThan(1_000);
  server.signal("SIGCONT");
});

test("an attempt to open is given up at once", async () => {
  server.signal("SIGSTOP");
  const leaving = new AbortController();
  const opening = sinkAt(server.url).open(leaving.signal);
  setTimeout(() => leaving.abort(), 100);
  const before = performance.now();
  await expect(opening).rejects.toThrow();
  expect(performance.now() - before).toBeLessThan(500);
  server.signal("SIGCONT");
});

test("the last sequence outlives the events, so that one sent again after a long outage is still known", async () => {
  const connection = await openSink();
  await connection.deliver(outgoing(1));
  const leftMs = Number(await admin.call("PTTL", lastKey(source)));
  expect(leftMs).toBeGreaterThan(3_600_000 + 86_000_000);
  expect(leftMs).toBeLessThanOrEqual(sinkAt(server.url).remembersMs);
});

test("a server that is killed closes the connection, with the reason", async () => {
  const connection = await openSink();
  await server.kill();
  await expect(connection.closed).resolves.toBeInstanceOf(Error);
  expect(await connection.deliver(outgoing(1))).toMatchObject({ delivered: 0, stopped: { kind: "failed" } });
});

describe("a user who may only do what the sink needs", () => {
  const urlOfUser = () => `redis://sink:secret@127.0.0.1:${server.port}`;

  test("delivers, recalls and announces", async () => {
    await admin.call("ACL", "SETUSER", "sink", ...sinkRule.split(" "));
    const connection = await openSink(urlOfUser());
    expect(await connection.deliver(outgoing(3))).toEqual({ delivered: 3, duplicates: 0, stopped: null });
    expect(await connection.recall?.([source])).toEqual(new Map([[source, 3]]));
    const [event] = outgoing(1);
    if (event !== undefined) connection.announce?.(event);
    await admin.call("SCRIPT", "FLUSH");
    expect(await connection.deliver(outgoing(4))).toEqual({ delivered: 4, duplicates: 3, stopped: null });
    expect(await admin.call("ACL", "LOG")).toEqual([]);
  });

  test.each(sinkRule.split(" ").filter((word) => word.startsWith("+") && word !== "+client|setname"))(
    "needs %s",
    async (word) => {
      await admin.call("ACL", "SETUSER", "sink", ...sinkRule.replace(` ${word}`, "").split(" "));
      const sink = sinkAt(urlOfUser());
      const work = async () => {
        const connection = await sink.open(never);
        onTestFinished(() => connection.close());
        const { stopped } = await connection.deliver(outgoing(1));
        if (stopped?.kind === "failed") throw stopped.error;
        await connection.recall?.([source]);
      };
      const error = await work().then(
        () => null,
        (thrown: Error) => thrown,
      );
      expect(error?.message).toMatch(/NOPERM|ACL failure/);
      expect(error !== null && sink.isRefusal(error)).toBe(true);
    },
  );
});
