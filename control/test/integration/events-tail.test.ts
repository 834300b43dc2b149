import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { CloudEvent } from "../../src/events/envelope.ts";
import { streamKey } from "../../src/events/sinks/append.ts";
import { tailEvents } from "../../src/events/tail.ts";
import { type EventsRig, flawless, judge, openEventsRig, tell, untilStored } from "./events-rig.ts";

let rig: EventsRig;
const leaving = { controller: new AbortController() };
beforeEach(() => {
  rig = openEventsRig();
  leaving.controller = new AbortController();
});
afterEach(async () => {
  leaving.controller.abort();
  await rig.close();
});

function follow(url: string, from: "now" | "start") {
  const events: CloudEvent[] = [];
  const notices: string[] = [];
  const { signal } = leaving.controller;
  const ended = (async () => {
    for await (const event of tailEvents({ url, from, signal, onNotice: (text) => void notices.push(text) })) {
      events.push(event);
    }
  })();
  return { events, notices, ended };
}

test("a URL that is none is an error at once, which does not show it", async () => {
  const { ended, notices } = follow("redis://me:secret@127.0.0.1:99999", "now");
  await expect(ended).rejects.toThrow(/^the URL of Redis must be a URL such as .* port from 1 to 65535$/);
  await expect(ended).rejects.not.toThrow("secret");
  expect(notices).toEqual([]);
});

test("a tail from the start sees what was stored before and what comes, and goes on after a restart", async () => {
  const server = await rig.startServer();
  const fed = await rig.startFeed(server.url);
  const { feed } = fed;
  for (let index = 0; index < 300; index += 1) tell(feed, index);
  await untilStored(fed);
  const { events, notices, ended } = follow(server.subscriberUrl, "start");
  await vi.waitFor(() => expect(events).toHaveLength(300));
  const killed = server.pid ?? 0;
  process.kill(killed, "SIGKILL");
  for (let index = 300; index < 350; index += 1) tell(feed, index);
  await vi.waitFor(() => expect(events).toHaveLength(350), { timeout: 10_000 });
  expect(judge(events, 350)).toEqual(flawless);
  expect(notices).toEqual([
    expect.stringMatching(/^connection to redis:\/\/humhelix:\*\*\*@127\.0\.0\.1:\d+ lost, trying again/),
  ]);
  leaving.controller.abort();
  await expect(ended).resolves.toBeUndefined();
});

test("a tail from now skips what was stored before, even where its first read finds nothing", async () => {
  const server = await rig.startServer();
  const fed = await rig.startFeed(server.url);
  const { feed } = fed;
  tell(feed, 0);
  await untilStored(fed);
  const { events } = follow(server.subscriberUrl, "now");
  const admin = await rig.connect(server.url);
  await vi.waitFor(async () => expect(String(await admin.call("CLIENT", "LIST"))).toContain("cmd=xread"));
  tell(feed, 1);
  await vi.waitFor(() => expect(events.map((event) => event.subject)).toEqual(["sidecar/slot-1"]));
});

test("an entry that is no event is skipped and told", async () => {
  const server = await rig.startServer();
  const fed = await rig.startFeed(server.url);
  const { feed } = fed;
  const { events, notices } = follow(server.subscriberUrl, "start");
  const admin = await rig.connect(server.url);
  await admin.call("XADD", streamKey("system"), "*", "ce", '{"specversion":"0.3"}');
  tell(feed, 0);
  await vi.waitFor(() => expect(events).toHaveLength(1));
  expect(notices).toEqual([expect.stringContaining("is no event of this version")]);
});

test("a wrong password ends the tail with the server's words, and without showing the password", async () => {
  const server = await rig.startServer();
  const url = new URL(server.subscriberUrl);
  url.password = "not-the-password";
  const { ended } = follow(url.href, "now");
  await expect(ended).rejects.toThrow(/refused: WRONGPASS/);
  await expect(ended).rejects.not.toThrow(/not-the-password/);
});
