import { mkdirSync, statSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { streamNames } from "../../src/events/catalogue.ts";
import { metaKey, streamKey } from "../../src/events/sinks/append.ts";
import { spawnChild } from "../../src/platform/child.ts";
import { alive } from "../processes.ts";
import { type EventsRig, flawless, judge, openEventsRig, storedEvents, tell, untilStored } from "./events-rig.ts";

let rig: EventsRig;
beforeEach(() => {
  rig = openEventsRig();
});
afterEach(() => rig.close());

test("the server keeps its events, its port and its passwords across restarts", async () => {
  const first = await rig.startServer();
  const fed = await rig.startFeed(first.url);
  const { feed } = fed;
  for (let index = 0; index < 20; index += 1) tell(feed, index);
  await untilStored(fed);
  await first.stop();
  const second = await rig.startServer();
  expect(second.subscriberUrl).toBe(first.subscriberUrl);
  expect(second.pid).not.toBe(first.pid);
  expect(judge(await storedEvents(await rig.connect(second.url)), 20)).toEqual(flawless);
});

test("a port that somebody else took is replaced by a free one", async () => {
  const first = await rig.startServer();
  await first.stop();
  const taken = openEventsRig();
  taken.config.events.redis.embedded_port = Number(new URL(first.subscriberUrl).port);
  try {
    await taken.startServer();
    const second = await rig.startServer();
    expect(second.subscriberUrl).not.toBe(first.subscriberUrl);
  } finally {
    await taken.close();
  }
});

test("a configured port that somebody else took is an error that says so", async () => {
  const first = await rig.startServer();
  const other = openEventsRig();
  other.config.events.redis.embedded_port = Number(new URL(first.subscriberUrl).port);
  try {
    await expect(other.startServer()).rejects.toThrow(/Address already in use|Failed listening/);
  } finally {
    await other.close();
  }
});

test("secrets are readable by their owner only, and the subscriber's URL lies where the tail looks for it", async () => {
  await rig.startServer();
  for (const file of ["redis.url", "redis/identity.json", "redis/valkey.conf"]) {
    expect(statSync(join(rig.config.data_dir, file)).mode & 0o777, file).toBe(0o600);
  }
});

test("a second server on the same data is refused, with the way out", async () => {
  await rig.startServer();
  await expect(rig.startServer()).rejects.toThrow(/already serves .*HUM_DATA_DIR/);
});

test("a start that fails after the server answered leaves no server behind", async () => {
  mkdirSync(join(rig.config.data_dir, "redis.url.new"), { recursive: true });
  await expect(rig.startServer()).rejects.toThrow("EISDIR");
  await expect(rig.connect(rig.adminUrl())).rejects.toThrow("ECONNREFUSED");
});

test("a Python that cannot be run is named", async () => {
  rig.config.python = "/nonexistent/python";
  await expect(rig.startServer()).rejects.toThrow(/\/nonexistent\/python could not be run.*HUM_PYTHON/);
});

test("the server ends when its parent is killed, and the next one finds its data", async () => {
  const script = fileURLToPath(new URL("embedded-parent.ts", import.meta.url));
  const said = Promise.withResolvers<string>();
  const parent = spawnChild({
    command: process.execPath,
    args: [script, rig.dir],
    env: { PATH: process.env.PATH ?? "" },
    onLine: (line) => said.resolve(line),
  });
  const { pid } = JSON.parse(await said.promise) as { pid: number };
  expect(alive(pid)).toBe(true);
  const fed = await rig.startFeed(rig.adminUrl());
  const { feed } = fed;
  tell(feed, 0);
  await untilStored(fed);
  parent.kill("SIGKILL");
  await parent.exited;
  await vi.waitFor(() => expect(alive(pid)).toBe(false), { timeout: 2_000 });
  const server = await rig.startServer();
  expect(judge(await storedEvents(await rig.connect(server.url)), 1)).toEqual(flawless);
});

describe("a subscriber", () => {
  const stream = streamKey("system");

  test("reads streams, keeps its place in a consumer group, and learns how far back events reach", async () => {
    const server = await rig.startServer();
    const fed = await rig.startFeed(server.url);
    const { feed } = fed;
    tell(feed, 0);
    await untilStored(fed);
    const subscriber = await rig.connect(server.subscriberUrl);
    expect(await subscriber.call("XGROUP", "CREATE", stream, "g", "0")).toBe("OK");
    const [[, [[id]]]] = (await subscriber.call("XREADGROUP", "GROUP", "g", "c", "STREAMS", stream, ">")) as [
      [string, [[string]]],
    ];
    expect(await subscriber.call("XPENDING", stream, "g")).toMatchObject([1, id, id, [["c", "1"]]]);
    expect(await subscriber.call("XAUTOCLAIM", stream, "g", "c2", 0, "0")).toMatchObject(["0-0", [[id, {}]], []]);
    expect(await subscriber.call("XACK", stream, "g", id)).toBe(1);
    expect(await subscriber.call("XLEN", stream)).toBe(1);
    expect(await subscriber.call("HGET", metaKey, "retention_s")).toBe(String(rig.config.events.redis.retention_s));
  });

  test("can neither write, trim, delete, publish nor administer", async () => {
    const server = await rig.startServer();
    const fed = await rig.startFeed(server.url);
    const { feed } = fed;
    tell(feed, 0);
    await untilStored(fed);
    const subscriber = await rig.connect(server.subscriberUrl);
    const forbidden = [
      ["XADD", stream, "*", "ce", "{}"],
      ["XTRIM", stream, "MAXLEN", 0],
      ["XDEL", stream, "0-1"],
      ["XSETID", stream, "0-1"],
      ["DEL", stream],
      ["SET", "anything", "1"],
      ["GET", "anything"],
      ["XLEN", "anything"],
      ["EXPIRE", stream, 1],
      ["RENAME", stream, "gone"],
      ["PUBLISH", "humhelix.events.node.started", "{}"],
      ["EVAL", "return 1", 0],
      ["CONFIG", "GET", "*"],
      ["ACL", "LIST"],
      ["FLUSHALL"],
      ["SHUTDOWN"],
      ["CLIENT", "LIST"],
      ["KEYS", "*"],
    ] as const;
    for (const [command, ...args] of forbidden) {
      await expect(subscriber.call(command, ...args), command).rejects.toThrow(/^NOPERM/);
    }
    expect(await subscriber.call("XLEN", stream)).toBe(1);
  });

  test("without a password is refused", async () => {
    const server = await rig.startServer();
    const { host } = new URL(server.subscriberUrl);
    const stranger = await rig.connect(`redis://${host}`);
    for (const key of streamNames.map(streamKey)) await expect(stranger.call("XLEN", key)).rejects.toThrow(/^NOAUTH/);
  });

  test("hears every event on the channel of its name", async () => {
    const server = await rig.startServer();
    const fed = await rig.startFeed(server.url);
    const { feed } = fed;
    const { port, username, password } = new URL(server.subscriberUrl);
    let heard = "";
    const socket = connect(Number(port), "127.0.0.1");
    socket.setEncoding("utf8").on("data", (text) => {
      heard += text;
    });
    socket.write(`AUTH ${username} ${password}\r\nPSUBSCRIBE humhelix.events.sidecar.*\r\n`);
    await vi.waitFor(() => expect(heard).toContain("psubscribe"));
    tell(feed, 0);
    await untilStored(fed);
    const [event] = await storedEvents(await rig.connect(server.url));
    await vi.waitFor(() => expect(heard).toContain(JSON.stringify(event)));
    expect(heard).toContain("\r\nhumhelix.events.sidecar.started\r\n");
    socket.destroy();
  });
});
