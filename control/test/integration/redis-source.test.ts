import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { connectRedis, type RedisConnection } from "../../src/events/clients/redis.ts";
import { commandStream, deadCommandStream } from "../../src/events/commands.ts";
import { openLedger } from "../../src/ingress/ledger.ts";
import { createRedisSource } from "../../src/ingress/redis.ts";
import type { Delivery, SourceConnection } from "../../src/ingress/source.ts";
import { createValkey, type Valkey } from "../valkey.ts";

const never = new AbortController().signal;
const [none, claimIdleMs] = [new Set<string>(), 400];

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

async function openNode(consumer: string, url = server.url): Promise<SourceConnection> {
  const node = await createRedisSource({ url, consumer, claimIdleMs, commandTimeoutMs: 1_000 }).open(never);
  onTestFinished(() => node.close());
  return node;
}

const send = async (text: string) => String(await admin.call("XADD", commandStream, "*", "ce", text));
const left = () => admin.call("XLEN", commandStream);

/** Until it has one; held are those that it has already. */
async function takeOne(node: SourceConnection, held: ReadonlySet<string> = none): Promise<Delivery> {
  for (;;) {
    const [delivery] = await node.take({ limit: 1, held });
    if (delivery !== undefined) return delivery;
  }
}

const begun = async (node: SourceConnection, jobId = "job") => {
  const delivery = await takeOne(node);
  expect(await node.begin(delivery, jobId)).toMatchObject({ standing: "begin" });
  return delivery;
};

test("what was sent before the first node was there is taken in order, counted, and gone once it is done with", async () => {
  const [first, second] = [await send("one"), await send("two")];
  const node = await openNode("a");
  expect(await node.waiting()).toBe(2);
  const taken = await node.take({ limit: 5, held: none });
  expect(taken).toMatchObject([
    { key: first, text: "one", deliveries: 1 },
    { key: second, text: "two", deliveries: 1 },
  ]);
  expect(taken[0]?.sentMs).toBe(Number(first.split("-")[0]));
  expect(await node.waiting()).toBe(0);
  for (const { key } of taken) await node.finish(key, { isFollowed: false });
  expect(await left()).toBe(0);
});

test("each command goes to one node", async () => {
  const nodes = [await openNode("a"), await openNode("b")];
  for (let index = 0; index < 20; index += 1) await send(String(index));
  const taken: string[] = [];
  while (taken.length < 20) {
    for (const node of nodes) for (const { text } of await node.take({ limit: 3, held: none })) taken.push(text);
  }
  expect(new Set(taken).size).toBe(20);
});

test("a node's next life is given again what it had not finished, but not what it still holds", async () => {
  const first = await openNode("a");
  for (const text of ["one", "two", "three"]) await send(text);
  const [one] = await first.take({ limit: 3, held: none });
  await first.close();
  const again = await openNode("a");
  const taken = await again.take({ limit: 3, held: new Set([one?.key ?? ""]) });
  expect(taken).toMatchObject([
    { text: "two", deliveries: 2 },
    { text: "three", deliveries: 2 },
  ]);
});

test("what gives no sign of life is taken over, and lost by the node that had it; what does is not", async () => {
  const [a, b] = [await openNode("a"), await openNode("b")];
  await send("one");
  await send("two");
  const [one, two] = [await begun(a, "job-1"), await begun(a, "job-2")];
  const signs = setInterval(() => void a.hold([{ key: two.key, jobId: "job-2" }]), 50);
  onTestFinished(() => clearInterval(signs));
  expect(await takeOne(b)).toEqual({ ...one, deliveries: 2 });
  expect(await b.take({ limit: 5, held: none })).toEqual([]);
  const held = [
    { key: one.key, jobId: "job-1" },
    { key: two.key, jobId: "job-2" },
  ];
  expect(await a.hold(held)).toEqual([one.key]);
  expect(await Promise.all(held.map((work) => a.claimEnd(work)))).toEqual([false, true]);
});

test("a command that comes again under another key is a repetition, also once the first has ended", async () => {
  const [a, b] = [await openNode("a"), await openNode("b")];
  await send("one");
  await send("one");
  const first = await begun(a);
  const again = await takeOne(b);
  expect(await b.begin(again, "job")).toMatchObject({ standing: "repeated" });
  expect(await a.claimEnd({ key: first.key, jobId: "job" })).toBe(true);
  await a.finish(first.key, { isFollowed: false });
  expect(await b.begin(again, "job")).toMatchObject({ standing: "repeated" });
});

test("a node that was about to tell the end is given its command back, and told where it is", async () => {
  const [a, b] = [await openNode("a"), await openNode("b")];
  await send("one");
  const { key } = await begun(a);
  expect(await a.claimEnd({ key, jobId: "job" })).toBe(true);
  await a.close();
  const taken = await takeOne(b);
  expect(await b.begin(taken, "job")).toMatchObject({ standing: "elsewhere" });
  const again = await openNode("a");
  expect(await again.find(["job", "other"])).toEqual(
    new Map([
      ["job", "here"],
      ["other", "forgotten"],
    ]),
  );
  expect(await takeOne(again)).toMatchObject({ key });
});

test("what a node gives back is taken by another at once, and that time does not count", async () => {
  const [a, b] = [await openNode("a"), await openNode("b")];
  await send("one");
  const delivery = await begun(a);
  await a.giveBack(delivery, "job");
  const before = performance.now();
  expect(await takeOne(b)).toEqual(delivery);
  expect(performance.now() - before).toBeLessThan(claimIdleMs);
  expect(await a.find(["job"])).toEqual(new Map([["job", "elsewhere"]]));
});

test("a server that has forgotten everything leaves to a node what it has in work", async () => {
  const node = await openNode("a");
  await send("one");
  const { key } = await begun(node);
  await admin.call("FLUSHALL");
  await expect(node.hold([{ key, jobId: "job" }])).rejects.toThrow("NOGROUP");
  const again = await openNode("a");
  expect(await again.hold([{ key, jobId: "job" }])).toEqual([]);
  expect(await again.claimEnd({ key, jobId: "job" })).toBe(true);
  expect(await again.find(["lost"])).toEqual(new Map([["lost", "forgotten"]]));
});

test("what is set aside keeps its text and the reason, and is bounded", async () => {
  const node = await openNode("a");
  await send("odd");
  await node.setAside(await takeOne(node), "it is odd");
  expect(await left()).toBe(0);
  const [[, fields]] = (await admin.call("XRANGE", deadCommandStream, "-", "+")) as [[string, string[]]];
  expect(fields.slice(0, 4)).toEqual(["ce", "odd", "reason", "it is odd"]);
});

test("an entry without a command, and one that was deleted, disturb nothing", async () => {
  const first = await openNode("a");
  await admin.call("XADD", commandStream, "*", "something", "ce", "else", "1");
  const gone = await send("gone");
  await first.take({ limit: 5, held: none });
  await first.close();
  await admin.call("XDEL", commandStream, gone);
  const again = await openNode("a");
  expect(await takeOne(again)).toMatchObject({ text: "" });
  await send("one");
  expect(await takeOne(again)).toMatchObject({ text: "one" });
});

describe("following", () => {
  const heardBy = (node: SourceConnection) => {
    const heard: string[] = [];
    node.follow?.(({ text }) => heard.push(text));
    return heard;
  };

  test("tells every node what comes, also from before it came where that is not finished", async () => {
    await send("early");
    const a = await openNode("a");
    const heard = [heardBy(a)];
    await takeOne(a);
    heard.push(heardBy(await openNode("b")));
    await send("late");
    await vi.waitFor(() =>
      expect(heard).toEqual([
        ["early", "late"],
        ["early", "late"],
      ]),
    );
  });

  test("keeps what others need to see for a while", async () => {
    const node = await openNode("a");
    await send("cancel");
    const { key } = await takeOne(node);
    await node.finish(key, { isFollowed: true });
    expect([await left(), await node.waiting()]).toEqual([1, 0]);
  });
});

test("a server that is killed closes the connection; one that hangs fails what is asked", async () => {
  const [a, b] = [await openNode("a"), await openNode("b")];
  server.signal("SIGSTOP");
  await expect(a.waiting()).rejects.toThrow();
  server.signal("SIGCONT");
  await server.kill();
  await expect(b.closed).resolves.toBeInstanceOf(Error);
});

test("a user needs no more than the rights that are documented", async () => {
  const sink = "+client|setname +evalsha +script|load +time +get +set +hset +xadd +publish";
  const source =
    "+xgroup|create +xreadgroup +xread +xpending +xclaim +xautoclaim +xack +xdel +xlen +xinfo|groups +hget +hmget " +
    "+hdel +hincrby +pexpire +eval";
  const rule = `on >secret ~{humhelix}:* &humhelix.events.* -@all ${sink} ${source}`;
  await admin.call("ACL", "SETUSER", "node", ...rule.split(" "));
  const url = `redis://node:secret@127.0.0.1:${server.port}`;
  const [a, b] = [await openNode("a", url), await openNode("b", url)];
  a.follow?.(() => undefined);
  for (const text of ["one", "two", "three"]) await send(text);
  const [one, two, three] = [await begun(a, "1"), await begun(a, "2"), await begun(a, "3")];
  expect(await a.hold([{ key: one.key, jobId: "1" }])).toEqual([]);
  expect(await a.claimEnd({ key: one.key, jobId: "1" })).toBe(true);
  await a.finish(one.key, { isFollowed: false });
  await a.setAside(two, "why");
  await a.giveBack(three, "3");
  expect(await takeOne(b)).toEqual(three);
  expect([await b.waiting(), await b.find(["3"])]).toEqual([0, new Map([["3", "here"]])]);
  const ledger = await openLedger({ url, consumer: "a", patienceMs: 100, commandTimeoutMs: 1_000, signal: never });
  onTestFinished(() => ledger.close());
  expect(await ledger.begin("nats:1", "4")).toEqual({ standing: "begin", begun: 1 });
  expect(await ledger.lost(["4"])).toEqual(new Set());
  await ledger.giveBack("4");
  expect(await ledger.claimEnd("4")).toBe(true);
  expect(await ledger.find(["4"])).toEqual(new Map([["4", "forgotten"]]));
});
