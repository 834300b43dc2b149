import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { type NatsCommand, type NatsCommands, openNatsCommands } from "../../src/events/clients/nats-commands.ts";
import { type NatsBroker, natsBroker, natsClient } from "../brokers/nats.ts";

const [stream, subject, ackWaitMs] = ["COMMANDS", "test.v1.commands", 500];

let dir: string;
let broker: NatsBroker;
let client: NatsConnection;
const unhandled = vi.fn();
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), "hum-nats-"));
  broker = await natsBroker({ dir });
  await broker.start();
  client = await natsClient(broker);
  process.on("unhandledRejection", unhandled);
});
afterEach(async () => {
  await client.close();
  await broker.stop();
  rmSync(dir, { recursive: true });
  process.off("unhandledRejection", unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});

async function joined(): Promise<NatsCommands> {
  const own = { stream, subject, group: "humhelix", ackWaitMs, maxDeliveries: -1, waitMs: 1_000 };
  const signal = new AbortController().signal;
  const node = await openNatsCommands({ servers: [broker.url], name: "test", timeoutMs: 1_000, signal, ...own });
  onTestFinished(() => node.close());
  return node;
}

const send = async (...texts: string[]) => {
  for (const text of texts) await jetstream(client).publish(subject, text);
};
const size = async () => (await (await jetstreamManager(client)).streams.info(stream)).state.messages;
const textsOf = (commands: readonly NatsCommand[]) => commands.map(({ text }) => text);

/** Until as many as are expected have come, however many takes that needs. */
async function takeAll(node: NatsCommands, count: number): Promise<NatsCommand[]> {
  const taken: NatsCommand[] = [];
  while (taken.length < count) taken.push(...(await node.take(count - taken.length)));
  return taken;
}

test("commands come in order, as they were sent, and leave the stream once they are done with", async () => {
  const node = await joined();
  const beforeMs = Date.now();
  await send("one", "two", "three");
  expect(await node.waiting()).toBe(3);
  const taken = await takeAll(node, 3);
  expect(textsOf(taken)).toEqual(["one", "two", "three"]);
  expect(taken[0]).toMatchObject({ key: "1", deliveries: 1 });
  expect(taken[0]?.sentMs).toBeGreaterThanOrEqual(beforeMs);
  expect(await node.waiting()).toBe(0);
  for (const command of taken) await command.ack();
  expect(await size()).toBe(0);
});

test("those that were sent before the first node started are carried out too", async () => {
  const first = await joined();
  await first.close();
  await send("early");
  expect(textsOf(await takeAll(await joined(), 1))).toEqual(["early"]);
});

test("take resolves with the first that comes, never with more than were asked for, and with none after a while", async () => {
  const node = await joined();
  const startMs = performance.now();
  expect(await node.take(5)).toEqual([]);
  expect(performance.now() - startMs).toBeLessThan(2_000);
  const pending = node.take(2);
  await send("one");
  expect(textsOf(await pending)).toEqual(["one"]);
  await send("two", "three");
  expect(textsOf(await takeAll(node, 1))).toEqual(["two"]);
});

test("two nodes share them, and each comes to one of both", async () => {
  const nodes = [await joined(), await joined()];
  const pending = nodes.map((node) => node.take(1));
  await send("one", "two");
  const taken = (await Promise.all(pending)).flat();
  expect(textsOf(taken).sort()).toEqual(["one", "two"]);
});

test("what a node that dies had in work comes to another one, and is counted", async () => {
  const [dying, other] = [await joined(), await joined()];
  await send("one");
  expect(textsOf(await dying.take(1))).toEqual(["one"]);
  await dying.close();
  const [command] = await takeAll(other, 1);
  expect(command).toMatchObject({ text: "one", deliveries: 2 });
  await command?.ack();
  expect(await size()).toBe(0);
});

test("signs of life keep it from others for as long as they come", async () => {
  const [working, other] = [await joined(), await joined()];
  await send("long");
  const [command] = await takeAll(working, 1);
  const timer = setInterval(() => command?.working(), ackWaitMs / 5);
  // Each waits for twice as long as a silent node is waited for.
  expect(await other.take(1)).toEqual([]);
  expect(await other.take(1)).toEqual([]);
  clearInterval(timer);
  expect(await takeAll(other, 1)).toMatchObject([{ text: "long", deliveries: 2 }]);
});

test("what is given back comes again, at once or after a while", async () => {
  const node = await joined();
  await send("one");
  const [first] = await takeAll(node, 1);
  first?.nak();
  const [second] = await takeAll(node, 1);
  expect(second).toMatchObject({ key: first?.key, deliveries: 2 });
  const startMs = performance.now();
  second?.nak(300);
  expect(await takeAll(node, 1)).toMatchObject([{ deliveries: 3 }]);
  expect(performance.now() - startMs).toBeGreaterThan(280);
});

test("what is set aside is kept beside the others, with the reason, and comes to nobody", async () => {
  const node = await joined();
  await send("poison");
  const [command] = await takeAll(node, 1);
  await command?.setAside("it is no JSON");
  expect(await node.take(1)).toEqual([]);
  expect(await size()).toBe(1);
  const kept = await (await jetstreamManager(client)).streams.getMessage(stream, { last_by_subj: `${subject}.dead` });
  expect(kept?.string()).toBe("poison");
  expect(kept?.header?.get("Hum-Reason")).toBe("it is no JSON");
});

test("a server that is killed has what was not done with when it is back, and only that", async () => {
  const node = await joined();
  await send("done", "open", "new");
  const [done, open] = await takeAll(node, 2);
  await done?.ack();
  expect(open?.text).toBe("open");
  await broker.kill();
  expect(await node.closed).toBeInstanceOf(Error);
  await broker.start();
  client = await natsClient(broker);
  const taken = await takeAll(await joined(), 2);
  expect(textsOf(taken).sort()).toEqual(["new", "open"]);
});

test("a server that hangs is told by what is asked of it, and close does not wait for it", async () => {
  const node = await joined();
  await send("one");
  const [command] = await takeAll(node, 1);
  await broker.freeze();
  await expect(command?.ack()).rejects.toThrow();
  await expect(node.waiting()).rejects.toThrow();
  const closingMs = performance.now();
  await node.close();
  expect(performance.now() - closingMs).toBeLessThan(500);
});
