import { setTimeout as pace } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { systemClock } from "../../src/core/clock.ts";
import { type EventsRig, flawless, judge, openEventsRig, storedEvents, tell, untilStored } from "./events-rig.ts";
import { openFaultProxy } from "./fault-proxy.ts";

const eventsTotal = 2_000;

const results = async ({ metrics }: Awaited<ReturnType<EventsRig["startFeed"]>>) => {
  const { values } = await metrics.events.get();
  return Object.fromEntries(values.map(({ labels, value }) => [labels.result, value]));
};

let rig: EventsRig;
beforeEach(() => {
  rig = openEventsRig();
});
afterEach(() => rig.close());

describe("events are stored once, in order and without a gap", () => {
  test("while Redis is killed under the producer again and again", async () => {
    const server = await rig.startServer();
    const fed = await rig.startFeed(server.url);
    const { feed } = fed;
    let killing = true;
    const produce = async () => {
      let told = 0;
      for (; killing || told < eventsTotal; told += 1) {
        tell(feed, told);
        if (told % 10 === 9) await pace(10);
      }
      return told;
    };
    const kill = async () => {
      for (let killed = 0, kills = 0; kills < 4; kills += 1) {
        await vi.waitFor(() => expect(server.pid).not.toBe(killed), { timeout: 5_000, interval: 10 });
        await vi.waitFor(() => expect(feed.health()).toMatchObject([{ state: "connected" }]), { timeout: 5_000 });
        killed = server.pid ?? 0;
        process.kill(killed, "SIGKILL");
      }
      killing = false;
    };
    const [told] = await Promise.all([produce(), kill()]);
    await untilStored(fed);
    const stored = await storedEvents(await rig.connect(server.url));
    expect(judge(stored, told)).toEqual(flawless);
    expect(feed.health()).toMatchObject([{ dropped: 0 }]);
  });

  test("while a proxy eats replies and cuts the link twenty times", async () => {
    const server = await rig.startServer();
    const proxy = await openFaultProxy(Number(new URL(server.subscriberUrl).port));
    const fed = await rig.startFeed(rig.adminUrl(proxy.port));
    const { feed } = fed;
    const unhandled = vi.fn();
    process.on("unhandledRejection", unhandled);
    for (let index = 0; index < eventsTotal; index += 1) {
      tell(feed, index);
      if (index % 100 !== 50) continue;
      await untilStored(fed);
      proxy.eatReplies();
      for (let more = 0; more < 20; more += 1) tell(feed, ++index);
      await vi.waitFor(() => expect(proxy.eatenBytes).toBeGreaterThan(0), { timeout: 5_000, interval: 2 });
      proxy.cut();
    }
    await untilStored(fed);
    const stored = await storedEvents(await rig.connect(server.url));
    expect(judge(stored, eventsTotal)).toEqual(flawless);
    const { stored: first, duplicate } = await results(fed);
    expect(duplicate).toBeGreaterThanOrEqual(20);
    expect((first ?? 0) + (duplicate ?? 0)).toBeGreaterThanOrEqual(eventsTotal);
    expect(unhandled).not.toHaveBeenCalled();
    process.off("unhandledRejection", unhandled);
    await proxy.close();
  });

  test("while the server forgets its scripts", async () => {
    const server = await rig.startServer();
    const fed = await rig.startFeed(server.url);
    const { feed } = fed;
    const admin = await rig.connect(server.url);
    for (let index = 0; index < 300; index += 1) {
      tell(feed, index);
      if (index % 100 === 50) await admin.call("SCRIPT", "FLUSH");
    }
    await untilStored(fed);
    expect(judge(await storedEvents(admin), 300)).toEqual(flawless);
  });
});

test("a server that hangs is given up after the command timeout, and its replies are not needed", async () => {
  const server = await rig.startServer();
  const fed = await rig.startFeed(server.url, { redis: { command_timeout_s: 0.2 } });
  const { feed } = fed;
  tell(feed, 0);
  await untilStored(fed);
  process.kill(server.pid ?? 0, "SIGSTOP");
  for (let index = 1; index < 50; index += 1) tell(feed, index);
  await vi.waitFor(() => expect(feed.health()).not.toMatchObject([{ state: "connected" }]), { timeout: 3_000 });
  process.kill(server.pid ?? 0, "SIGCONT");
  await untilStored(fed);
  expect(judge(await storedEvents(await rig.connect(server.url)), 50)).toEqual(flawless);
});

test("without Redis at the start events are held, health tells it, and all arrive once it is there", async () => {
  const { url, stop } = await rig.startServer();
  await stop();
  const fed = await rig.startFeed(url);
  const { feed } = fed;
  expect(feed.health()).toMatchObject([{ sink: "redis", state: "connecting" }]);
  for (let index = 0; index < 100; index += 1) tell(feed, index);
  await vi.waitFor(() => expect(feed.health()).toMatchObject([{ state: "down", held: 100 }]), { timeout: 3_000 });
  expect(feed.health()[0]?.reason).toMatch(/ENOENT|ECONNREFUSED/);
  await rig.startServer();
  await untilStored(fed);
  expect(judge(await storedEvents(await rig.connect(url)), 100)).toEqual(flawless);
});

test("a Redis that was flushed gets a new epoch, whose sequence begins at one", async () => {
  const server = await rig.startServer();
  const fed = await rig.startFeed(server.url);
  const { feed } = fed;
  const admin = await rig.connect(server.url);
  for (let index = 0; index < 5; index += 1) tell(feed, index);
  await untilStored(fed);
  await admin.call("FLUSHALL");
  tell(feed, 5);
  await untilStored(fed);
  tell(feed, 6);
  await untilStored(fed);
  const [old, young] = await storedEvents(admin);
  expect([old?.sequence, young?.sequence].map(Number)).toEqual([6, 1]);
  expect(young?.source).not.toBe(old?.source);
});

test("a replay brings back what a Redis that was emptied had", async () => {
  const server = await rig.startServer();
  const fed = await rig.startFeed(server.url);
  const { feed } = fed;
  for (let index = 0; index < 5; index += 1) tell(feed, index);
  await untilStored(fed);
  const admin = await rig.connect(server.url);
  await admin.call("FLUSHALL");
  for (let index = 5; index < 8; index += 1) tell(feed, index);
  await untilStored(fed);
  expect(judge(await storedEvents(admin), 8)).toMatchObject({ lost: 5 });
  feed.replay("redis", 1);
  await vi.waitFor(() => expect(feed.health()).toMatchObject([{ replaying: 0 }]));
  expect(judge(await storedEvents(admin), 8)).toMatchObject({ lost: 0 });
});

test("a Redis that forgot a source whose events have all expired keeps its epoch, and the sequence goes on", async () => {
  const server = await rig.startServer();
  let aheadMs = 0;
  const clock = { ...systemClock, wallMs: () => Date.now() + aheadMs };
  const fed = await rig.startFeed(server.url, { redis: { retention_s: 60 }, clock });
  const { feed } = fed;
  const admin = await rig.connect(server.url);
  tell(feed, 0);
  await untilStored(fed);
  const [before] = await storedEvents(admin);
  await admin.call("FLUSHALL");
  aheadMs = 25 * 60 * 60 * 1000;
  for (let index = 1; index < 4; index += 1) {
    tell(feed, index);
    await untilStored(fed);
  }
  const after = await storedEvents(admin);
  expect(after.map((event) => Number(event.sequence))).toEqual([2, 3, 4]);
  expect(new Set(after.map((event) => event.source))).toEqual(new Set([before?.source]));
});

test("the last sequence outlives the events, so that one sent again after a long outage is still known", async () => {
  const server = await rig.startServer();
  const fed = await rig.startFeed(server.url, { redis: { retention_s: 1 } });
  const { feed } = fed;
  tell(feed, 0);
  await untilStored(fed);
  const admin = await rig.connect(server.url);
  const [event] = await storedEvents(admin);
  const leftMs = Number(await admin.call("PTTL", `{humhelix}:events:v1:last:${event?.source}`));
  expect(leftMs).toBeGreaterThan(3_600_000);
});

describe("a refusal is told from a broken link, and tried again at a slow pace", () => {
  const connectionsSoFar = async (admin: Awaited<ReturnType<EventsRig["connect"]>>) =>
    Number(/total_connections_received:(\d+)/.exec(String(await admin.call("INFO", "stats")))?.[1]);

  test.each([
    ["a wrong password", "wrong", /^WRONGPASS/],
    ["no password where one is needed", "", /^NOAUTH/],
  ])("%s", async (_what, password, refusal) => {
    const server = await rig.startServer();
    const url = new URL(server.subscriberUrl);
    url.password = password;
    if (password === "") url.username = "";
    const admin = await rig.connect(server.url);
    const before = await connectionsSoFar(admin);
    const { feed } = await rig.startFeed(url.href);
    tell(feed, 0);
    const reason = expect.stringMatching(refusal);
    await vi.waitFor(() => expect(feed.health()).toMatchObject([{ state: "down", held: 1, reason }]));
    await pace(1_000);
    expect((await connectionsSoFar(admin)) - before).toBeLessThanOrEqual(6);
  });

  test("a server that became a replica, until it is a master again", async () => {
    const server = await rig.startServer();
    const fed = await rig.startFeed(server.url);
    const { feed } = fed;
    tell(feed, 0);
    await untilStored(fed);
    const admin = await rig.connect(server.url);
    await admin.call("REPLICAOF", "127.0.0.1", "1");
    tell(feed, 1);
    const reason = expect.stringMatching(/^READONLY/);
    await vi.waitFor(() => expect(feed.health()).toMatchObject([{ state: "down", held: 1, reason }]));
    await admin.call("REPLICAOF", "NO", "ONE");
    await untilStored(fed);
    expect(judge(await storedEvents(admin), 2)).toEqual(flawless);
  });

  test("a full server, until it has room", async () => {
    const server = await rig.startServer();
    const fed = await rig.startFeed(server.url);
    const { feed } = fed;
    tell(feed, 0);
    await untilStored(fed);
    const admin = await rig.connect(server.url);
    await admin.call("CONFIG", "SET", "maxmemory", "1");
    tell(feed, 1);
    const reason = expect.stringMatching(/^OOM/);
    await vi.waitFor(() => expect(feed.health()).toMatchObject([{ state: "down", held: 1, reason }]));
    await admin.call("CONFIG", "SET", "maxmemory", "0");
    await untilStored(fed);
    expect(judge(await storedEvents(admin), 2)).toEqual(flawless);
  });
});
