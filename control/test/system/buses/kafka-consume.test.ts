import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import {
  consumeKafka,
  type KafkaConsumeOptions,
  type KafkaConsumption,
  type KafkaMessage,
} from "../../../src/events/clients/kafka-consume.ts";
import { createKafkaBroker, type KafkaBroker } from "../../brokers/kafka.ts";
import { readTopics } from "../../brokers/kafka-reader.ts";
import { endsWithin } from "../../sooner.ts";

const sessionTimeoutMs = 1_500;
/** To join, a member waits for those who may be dead. */
const patience = { timeout: 20_000, interval: 20 };

let dir: string;
let broker: KafkaBroker;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "hum-kafka-"));
  broker = await createKafkaBroker({ dir, properties: { "group.min.session.timeout.ms": "500" } });
  await broker.start();
}, 60_000);
afterAll(async () => {
  await broker.kill();
  rmSync(dir, { recursive: true });
});

let groups = 0;
/** A topic with a consumer group of the same name. */
const newTopic = () => `commands-${groups++}`;

type GroupOptions = Partial<Pick<KafkaConsumeOptions, "maxInFlight" | "signal" | "sessionTimeoutMs" | "timeoutMs">>;

async function joinGroup(topic: string, options: GroupOptions = {}) {
  const got: KafkaMessage[] = [];
  const consumption = await consumeKafka({
    brokers: [broker.addresses.plain],
    clientId: "test",
    tls: false,
    timeoutMs: 2_000,
    topic,
    groupId: topic,
    sessionTimeoutMs,
    maxInFlight: 1_000,
    onMessage: (message) => got.push(message),
    ...options,
  });
  onTestFinished(() => consumption.close());
  return { ...consumption, got };
}

/** Values `0`, `1` ..., with as many keys as there are, or with one. */
async function send(to: KafkaConsumption, { topic, count, key }: { topic: string; count: number; key?: string }) {
  const values = Array.from({ length: count }, (_, index) => String(index));
  for (const value of values) await to.append(topic, { key: key ?? value, value, headers: { origin: "test" } });
  return values;
}

const valuesOf = (messages: readonly KafkaMessage[]) => messages.map(({ value }) => value);
const numerically = (values: Iterable<string>) => [...values].sort((one, other) => Number(one) - Number(other));

/** By Kafka's own tool: how many messages of the group's topic are not committed. */
async function lagOf(topic: string): Promise<number> {
  const group = ["--bootstrap-server", broker.addresses.plain, "--describe", "--group", topic];
  const table = await broker.tool("consumer.group.ConsumerGroupCommand", group);
  const rows = table.split("\n").filter((line) => line.startsWith(topic));
  return rows.reduce((sum, row) => {
    // A partition of which nothing was committed yet lags by all that it has.
    const [end, lag] = row.split(/\s+/).slice(4, 6);
    return sum + Number(lag === "-" ? end : lag);
  }, 0);
}

test("messages come in the order of their partition, with key and headers, and never more than may be in flight", async () => {
  const topic = newTopic();
  const member = await joinGroup(topic, { maxInFlight: 4 });
  await send(member, { topic, count: 10, key: "one" });
  await vi.waitFor(() => expect(valuesOf(member.got)).toEqual(["0", "1", "2", "3"]), patience);
  expect(member.got[0]).toMatchObject({ key: "one", headers: { origin: "test" }, offset: 0n });
  member.got[1]?.ack();
  await vi.waitFor(() => expect(valuesOf(member.got)).toEqual(["0", "1", "2", "3", "4"]), patience);
  for (const { ack } of member.got) ack();
  await vi.waitFor(() => expect(valuesOf(member.got.slice(5))).toEqual(["5", "6", "7", "8"]), patience);
  member.got[8]?.ack();
  member.got[8]?.ack();
  await vi.waitFor(() => expect(member.got).toHaveLength(10), patience);
});

test("what was acknowledged behind a message that was not comes again with it, and what is done does not", async () => {
  const topic = newTopic();
  const first = await joinGroup(topic);
  await send(first, { topic, count: 6, key: "one" });
  await vi.waitFor(() => expect(first.got).toHaveLength(6), patience);
  for (const index of [0, 1, 3, 5]) first.got[index]?.ack();
  await first.close();
  const second = await joinGroup(topic);
  await vi.waitFor(() => expect(valuesOf(second.got)).toEqual(["2", "3", "4", "5"]), patience);
  for (const { ack } of second.got.toReversed()) ack();
  await second.close();
  expect(await lagOf(topic)).toBe(0);
});

test("a member that leaves hands over at once what it had not acknowledged; one that pauses may still acknowledge", async () => {
  const topic = newTopic();
  // Far longer than all of this takes: what waits for it to pass is found out.
  const session = { sessionTimeoutMs: 60_000 };
  const first = await joinGroup(topic, session);
  await send(first, { topic, count: 12 });
  await vi.waitFor(() => expect(first.got).toHaveLength(12), patience);
  first.pause();
  const acknowledged = first.got.filter(({ partition }) => partition === 0);
  for (const { ack } of acknowledged) ack();
  const beforeMs = performance.now();
  expect(await endsWithin(1_000, first.close())).toBe(true);
  const second = await joinGroup(topic, session);
  const rest = first.got.filter((message) => !acknowledged.includes(message));
  await vi.waitFor(() => expect(numerically(valuesOf(second.got))).toEqual(numerically(valuesOf(rest))), patience);
  expect(rest.length).toBeGreaterThan(0);
  expect(performance.now() - beforeMs).toBeLessThan(session.sessionTimeoutMs / 3);
});

test("while members come and go, none gets a message twice that it has not let go of, and all are done in the end", async () => {
  const topic = newTopic();
  const first = await joinGroup(topic);
  const values = await send(first, { topic, count: 60 });
  await vi.waitFor(() => expect(first.got).toHaveLength(60), patience);
  const second = await joinGroup(topic);
  await vi.waitFor(() => expect(second.got.length).toBeGreaterThan(0), patience);
  const places = first.got.map(({ partition, offset }) => `${partition}:${offset}`);
  expect(new Set(places).size).toBe(places.length);
  for (const { ack } of [...first.got, ...second.got]) ack();
  await second.close();
  for (const { ack } of first.got) ack();
  await vi.waitFor(async () => expect(await lagOf(topic)).toBe(0), patience);
  expect(new Set(valuesOf(first.got))).toEqual(new Set(values));
});

test("what a process had that is killed goes to another", { timeout: 90_000 }, async () => {
  const topic = newTopic();
  const sender = await joinGroup(topic);
  const values = await send(sender, { topic, count: 40 });
  await sender.close();
  const start = (workMs: number) => {
    const args = [join(import.meta.dirname, "kafka-worker.ts"), broker.addresses.plain, topic, topic, String(workMs)];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    const got: string[] = [];
    createInterface(child.stdout).on("line", (line) => got.push(line));
    const kill = async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    };
    onTestFinished(kill);
    return { got, kill };
  };
  const holder = start(3_600_000);
  // It is at its bound, with messages that it will never acknowledge, and some of its partitions go to the other.
  await vi.waitFor(() => expect(holder.got.length).toBeGreaterThan(8), patience);
  const worker = start(20);
  await vi.waitFor(() => expect(worker.got).toContain("joined"), patience);
  await holder.kill();
  const isValue = (line: string) => line !== "joined";
  await vi.waitFor(() => expect(new Set(worker.got.filter(isValue))).toEqual(new Set(values)), patience);
  await vi.waitFor(async () => expect(await lagOf(topic)).toBe(0), patience);
});

test("a broker that is killed is told as gone at once, and what was not acknowledged comes again after it", async () => {
  const topic = newTopic();
  const first = await joinGroup(topic);
  await send(first, { topic, count: 9, key: "one" });
  await vi.waitFor(() => expect(first.got).toHaveLength(9), patience);
  for (const { ack } of first.got.slice(0, 4)) ack();
  await vi.waitFor(async () => expect(await lagOf(topic)).toBe(5), patience);
  await broker.kill();
  expect((await first.closed).message).toMatch(/ECONNREFUSED|closed/);
  first.got[4]?.ack();
  await first.close();
  await broker.start();
  const second = await vi.waitFor(() => joinGroup(topic), patience);
  await vi.waitFor(() => expect(valuesOf(second.got)).toEqual(["4", "5", "6", "7", "8"]), patience);
});

test("a message can be appended to the topic of dead letters", async () => {
  const member = await joinGroup(newTopic());
  const letters = newTopic();
  const letter = { key: "käy", value: '{"reason":"unknown model"}', headers: { "content-type": "application/json" } };
  await member.append(letters, letter);
  await member.append(letters, letter);
  expect(await readTopics(broker.addresses.plain, [letters])).toMatchObject([letter, letter]);
});

test("a broker that hangs keeps nobody: an attempt to join ends at a signal, and a member leaves within a second", async () => {
  const topic = newTopic();
  const member = await joinGroup(topic);
  await broker.freeze();
  onTestFinished(() => broker.thaw());
  const joining = joinGroup(topic, { signal: AbortSignal.timeout(100) });
  expect(
    await endsWithin(
      1_100,
      joining.catch(() => undefined),
    ),
  ).toBe(true);
  await expect(joining).rejects.toThrow();
  expect(await endsWithin(1_000, member.close())).toBe(true);
});
