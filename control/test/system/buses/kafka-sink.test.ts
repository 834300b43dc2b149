import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { sinkSettingsSchema } from "../../../src/core/sink-settings.ts";
import type { Outgoing, Sink } from "../../../src/events/sink.ts";
import { createKafkaSink } from "../../../src/events/sinks/kafka.ts";
import { alice, createKafkaBroker, type KafkaBroker } from "../../brokers/kafka.ts";
import { readTopics } from "../../brokers/kafka-reader.ts";
import { ofForm } from "../../form.ts";
import { openFaultProxy } from "../../integration/fault-proxy.ts";
import { freePorts } from "../../ports.ts";
import { endsWithin } from "../../sooner.ts";

const never = new AbortController().signal;
const streams = ["transcription", "system", "benchmark"] as const;
/** Idle connections are closed after this. */
const idleMs = 1_500;

let dir: string;
let broker: KafkaBroker;
let certificate: string;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "hum-kafka-"));
  const [keyPath, certPath, pemPath] = [join(dir, "key.pem"), join(dir, "cert.pem"), join(dir, "both.pem")];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"];
  const made = ["-newkey", "rsa:2048", "-nodes", "-days", "2", "-keyout", keyPath, "-out", certPath];
  execFileSync("openssl", ["req", "-x509", ...made, ...subject], { stdio: "ignore" });
  certificate = readFileSync(certPath, "utf8");
  writeFileSync(pemPath, readFileSync(keyPath, "utf8") + certificate);
  const properties = { "message.max.bytes": "100000", "connections.max.idle.ms": String(idleMs) };
  broker = await createKafkaBroker({ dir, pemPath, properties });
  await broker.start();
}, 60_000);
afterAll(async () => {
  await broker.kill();
  rmSync(dir, { recursive: true });
});

/** A prefix of topics for one test. */
let prefixes = 0;
const newPrefix = (name = "test") => `${name}-${prefixes++}`;

function sinkOf(options: object = {}): Sink {
  const base = { kind: "kafka", brokers: [broker.addresses.plain], topic_prefix: newPrefix(), timeout_s: 2 };
  const settings = sinkSettingsSchema.parse({ ...base, ...options });
  if (settings.kind !== "kafka") throw new Error("not Kafka's settings");
  return createKafkaSink(settings, { node: "test" });
}

async function openSink(sink: Sink) {
  const connection = await sink.open(never);
  onTestFinished(() => connection.close());
  return connection;
}

/** The error of an attempt to connect, and how long it took. */
async function refusalOf(sink: Sink) {
  const beforeMs = performance.now();
  const error = await sink.open(never).then(
    () => new Error("it connected"),
    (thrown: Error) => thrown,
  );
  const tookMs = performance.now() - beforeMs;
  return { message: error.message, isRefusal: sink.isRefusal(error), tookMs };
}

/** Turns from stream to stream and from key to key. */
function eventsOf(range: { from?: number; count: number; characters?: number; keys?: number }): Outgoing[] {
  const { from = 1, count, characters = 20, keys = 11 } = range;
  return Array.from({ length: count }, (_, index) => {
    const position = from + index;
    const id = `id-${position}`;
    const partitionKey = `key-${position % keys}`;
    const json = JSON.stringify({ id, partitionkey: partitionKey, data: "x".repeat(characters) });
    const stream = streams[position % streams.length] ?? "system";
    const order = { sequence: position, position, predecessor: position - 1 };
    return {
      stream,
      name: "a.b",
      id,
      type: "io.humhelix.a.b.v1",
      source: "/humhelix/test",
      partitionKey,
      json,
      ...order,
    };
  });
}

/** What is wrong with what the topics hold, against what was told. */
async function faultsIn(prefix: string, told: readonly Outgoing[], address = broker.addresses.plain) {
  const records = await readTopics(
    address,
    streams.map((stream) => `${prefix}.${stream}.v1`),
  );
  const places = new Map(told.map(({ json, position }) => [json, position]));
  const latest = new Map<string, number>();
  let inversions = 0;
  for (const { topic, key, value } of records) {
    const place = places.get(value) ?? 0;
    if (place < (latest.get(topic + key) ?? 0)) inversions += 1;
    latest.set(topic + key, place);
  }
  const distinct = new Set(records.map(({ value }) => value));
  const lost = told.filter(({ json }) => !distinct.has(json)).length;
  return { lost, duplicates: records.length - distinct.size, unknown: distinct.size + lost - told.length, inversions };
}
const flawless = { lost: 0, duplicates: 0, unknown: 0, inversions: 0 };

test("Kafka's own consumer sees the event as it is, its key and its content type, in the topic of its stream", async () => {
  const prefix = newPrefix();
  const connection = await openSink(sinkOf({ topic_prefix: prefix }));
  const events = eventsOf({ count: 3 });
  expect(await connection.deliver(events)).toEqual({ delivered: 3, duplicates: 0, stopped: null });
  for (const { stream, partitionKey, json } of events) {
    const topic = ["--bootstrap-server", broker.addresses.plain, "--topic", `${prefix}.${stream}.v1`];
    const shown = ["--formatter-property", "print.key=true", "--formatter-property", "print.headers=true"];
    const printed = await broker.tool("consumer.ConsoleConsumer", [
      ...topic,
      ...["--from-beginning", "--max-messages", "1"],
      ...shown,
    ]);
    expect(printed.trim()).toBe(`content-type:application/cloudevents+json\t${partitionKey}\t${json}`);
  }
});

test("a key goes to the partition that Kafka's own producer chooses for it", async () => {
  const prefix = newPrefix();
  const keys = Array.from(
    { length: 300 },
    (_, index) => `${"äb€c😀d-".repeat(index % 5)}${(index * 7919).toString(36)}`,
  );
  const connection = await openSink(sinkOf({ topic_prefix: prefix }));
  const events = eventsOf({ count: keys.length }).map((event, index) => ({
    ...event,
    stream: "system" as const,
    partitionKey: keys[index] ?? "",
  }));
  expect(await connection.deliver(events.slice(0, 150))).toMatchObject({ delivered: 150 });
  expect(await connection.deliver(events.slice(150))).toMatchObject({ delivered: 150 });
  const topic = `${prefix}.java`;
  const target = [
    "--bootstrap-server",
    broker.addresses.plain,
    "--topic",
    topic,
    "--reader-property",
    "parse.key=true",
  ];
  await broker.tool("ConsoleProducer", target, keys.map((key) => `${key}\tvalue\n`).join(""));

  const partitionsIn = async (name: string) =>
    new Map((await readTopics(broker.addresses.plain, [name])).map(({ key, partition }) => [key, partition]));
  const theirs = await partitionsIn(topic);
  expect(theirs.size).toBe(300);
  expect(new Set(theirs.values()).size).toBe(3);
  expect(await partitionsIn(`${prefix}.system.v1`)).toEqual(theirs);
});

/** Each takes seconds. */
const rounds = ofForm({ short: 4, full: 10 });

test("a broker that is killed in the middle of a batch again and again loses no event, has none twice and keeps the order of each key", {
  timeout: 180_000,
}, async () => {
  const prefix = newPrefix();
  const sink = sinkOf({ topic_prefix: prefix });
  const told = eventsOf({ count: 4_000, characters: 300 });
  let cursor = 0;
  let interrupted = 0;
  for (let kills = 0; kills < rounds; kills += 1) {
    const connection = await sink.open(never);
    // A part arrives before the kill, and what is then in flight is in doubt.
    const killing = delay(5 + 4 * kills).then(() => broker.kill());
    const goal = cursor + 400;
    while (cursor < goal) {
      const { delivered, stopped } = await connection.deliver(told.slice(cursor, cursor + 40));
      cursor += delivered;
      if (stopped === null) continue;
      expect(stopped).toMatchObject({ kind: "failed" });
      interrupted += 1;
      break;
    }
    await killing;
    expect((await connection.closed).message).toMatch(/ECONNREFUSED|ECONNRESET|closed/);
    await connection.close();
    await broker.start();
  }
  const connection = await openSink(sink);
  while (cursor < told.length) cursor += (await connection.deliver(told.slice(cursor, cursor + 256))).delivered;
  expect(interrupted).toBeGreaterThan(rounds / 3);
  expect(await faultsIn(prefix, told)).toEqual(flawless);
});

test("a batch whose answer is lost, twenty times, is stored once", { timeout: 60_000 }, async () => {
  const own = mkdtempSync(join(tmpdir(), "hum-kafka-"));
  const [port = 0] = await freePorts(1);
  const proxy = await openFaultProxy(port);
  const proxied = await createKafkaBroker({ dir: own, port, advertisedPort: proxy.port });
  onTestFinished(async () => {
    await proxy.close();
    await proxied.kill();
    rmSync(own, { recursive: true });
  });
  await proxied.start();
  const prefix = newPrefix();
  const sink = sinkOf({ topic_prefix: prefix, brokers: [`127.0.0.1:${proxy.port}`] });
  const told = eventsOf({ count: 2_500 });
  let cursor = 0;
  for (let breaks = 0; breaks < 20; breaks += 1) {
    const connection = await sink.open(never);
    cursor += (await connection.deliver(told.slice(cursor, cursor + 20))).delivered;
    proxy.eatReplies();
    const delivering = connection.deliver(told.slice(cursor, cursor + 100));
    await vi.waitFor(() => expect(proxy.eatenBytes).toBeGreaterThan(0), { interval: 5 });
    proxy.cut();
    const { delivered, stopped } = await delivering;
    expect(stopped).toMatchObject({ kind: "failed" });
    cursor += delivered;
    await connection.close();
  }
  const connection = await openSink(sink);
  while (cursor < told.length) cursor += (await connection.deliver(told.slice(cursor, cursor + 256))).delivered;
  expect(await faultsIn(prefix, told, `127.0.0.1:${port}`)).toEqual(flawless);
});

test("a broker that hangs is given up in time, and what it was given is stored once when it goes on", {
  timeout: 60_000,
}, async () => {
  const prefix = newPrefix();
  const sink = sinkOf({ topic_prefix: prefix, timeout_s: 1 });
  const told = eventsOf({ count: 300 });
  const first = await openSink(sink);
  expect(await first.deliver(told.slice(0, 100))).toMatchObject({ delivered: 100 });
  await broker.freeze();
  onTestFinished(() => broker.thaw());
  const delivering = first.deliver(told.slice(100, 200));
  expect(await endsWithin(2_000, delivering)).toBe(true);
  expect(await delivering).toMatchObject({ delivered: 0, stopped: { kind: "failed" } });
  await first.close();
  const absent = await refusalOf(sink);
  expect(absent).toMatchObject({ message: "the broker gave no answer within 1000 ms", isRefusal: false });
  broker.thaw();
  // The cluster took it for dead, and needs a moment to give it back its partitions, and to let it make topics.
  const second = await vi.waitFor(() => openSink(sink));
  expect(await second.deliver(told.slice(100, 300))).toMatchObject({ delivered: 200, stopped: null });
  expect(await faultsIn(prefix, told)).toEqual(flawless);
  await vi.waitFor(async () => (await sinkOf().open(never)).close());
});

test("an event too large for its topic is left out, and those behind it in other partitions are not sent twice", async () => {
  const prefix = newPrefix();
  const connection = await openSink(sinkOf({ topic_prefix: prefix }));
  const [large] = eventsOf({ from: 11, count: 1, characters: 200_000 });
  if (large === undefined) throw new Error("one event was asked for");
  const before = eventsOf({ count: 10, characters: 20_000 });
  const behind = eventsOf({ from: 12, count: 100 });
  const stopped = { kind: "unfit", reason: expect.stringContaining("MESSAGE_TOO_LARGE") };
  expect(await connection.deliver([...before, large, ...behind])).toEqual({ delivered: 10, duplicates: 0, stopped });
  expect(await connection.deliver(behind)).toMatchObject({ delivered: 100, stopped: null });
  expect(await faultsIn(prefix, [...before, ...behind])).toEqual(flawless);
});

test.each(["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])(
  "a user with a password comes in by %s, and no other",
  async (mechanism) => {
    const brokers = [broker.addresses.sasl];
    const connection = await openSink(sinkOf({ brokers, sasl: { mechanism, ...alice } }));
    expect(await connection.deliver(eventsOf({ count: 3 }))).toMatchObject({ delivered: 3 });
    const sasl = { mechanism, ...alice, password: "looking-glass" };
    const wrong = await refusalOf(sinkOf({ brokers, sasl, timeout_s: 60 }));
    expect(wrong.message).toMatch(/^SASL_AUTHENTICATION_FAILED: Authentication failed/);
    expect(wrong.message).not.toContain("looking-glass");
    expect(wrong.isRefusal).toBe(true);
    // At once, and not only when the patience is over.
    expect(wrong.tookMs).toBeLessThan(10_000);
  },
);

test("a broker that cannot be reached, or wants what we were not told, is named as the reason at once", async () => {
  const refusal = (options: object) => refusalOf(sinkOf({ timeout_s: 60, ...options }));
  const unreachable = await refusal({ brokers: ["127.0.0.1:1"] });
  expect(unreachable).toMatchObject({ message: "connect ECONNREFUSED 127.0.0.1:1", isRefusal: false });
  const passwordless = await refusal({ brokers: [broker.addresses.sasl] });
  expect(passwordless.message).toContain("it may want TLS, or a user and a password");
  const tlsToPlain = await refusal({ tls: true });
  expect(tlsToPlain.message).toContain("before secure TLS connection was established");
  const passwordToPlain = await refusal({ sasl: { mechanism: "PLAIN", ...alice } });
  expect(passwordToPlain).toMatchObject({ message: expect.stringContaining("ILLEGAL_SASL_STATE"), isRefusal: true });
  for (const { tookMs } of [unreachable, passwordless, tlsToPlain, passwordToPlain])
    expect(tookMs).toBeLessThan(10_000);
});

test("an attempt to connect is given up at a signal", async () => {
  await broker.freeze();
  onTestFinished(() => broker.thaw());
  const opening = sinkOf({ timeout_s: 60 }).open(AbortSignal.timeout(100));
  expect(
    await endsWithin(
      1_000,
      opening.catch(() => undefined),
    ),
  ).toBe(true);
  await expect(opening).rejects.toThrow();
});

test("over TLS a broker is trusted by its certificate only", async () => {
  const sink = sinkOf({ brokers: [broker.addresses.tls], tls: true, sasl: { mechanism: "SCRAM-SHA-512", ...alice } });
  const untrusted = await refusalOf(sink);
  expect(untrusted).toMatchObject({ message: expect.stringMatching(/self.signed certificate/), isRefusal: true });
  const authorities = getCACertificates("default");
  onTestFinished(() => setDefaultCACertificates(authorities));
  setDefaultCACertificates([...authorities, certificate]);
  const connection = await openSink(sink);
  expect(await connection.deliver(eventsOf({ count: 3 }))).toMatchObject({ delivered: 3 });
});

test("a topic that is missing and may not be made is named with the reason, and one that exists needs no right to make it", async () => {
  const prefix = newPrefix("closed");
  const rules = ["--bootstrap-server", broker.addresses.plain, "--add", "--force"];
  const may = [
    "--operation",
    "Describe",
    "--operation",
    "Write",
    "--topic",
    "closed",
    "--resource-pattern-type",
    "prefixed",
  ];
  await broker.tool("AclCommand", [...rules, "--allow-principal", "User:alice", ...may]);
  await broker.tool("AclCommand", [...rules, "--deny-principal", "User:alice", "--operation", "Create", "--cluster"]);
  const options = { brokers: [broker.addresses.sasl], topic_prefix: prefix, sasl: { mechanism: "PLAIN", ...alice } };
  const missing = await refusalOf(sinkOf({ ...options, types: ["transcription.*"] }));
  const reason = `the topic ${prefix}.transcription.v1 does not exist and could not be made: TOPIC_AUTHORIZATION_FAILED`;
  expect(missing).toMatchObject({ message: expect.stringContaining(reason), isRefusal: true });
  await (await openSink(sinkOf({ topic_prefix: prefix }))).close();
  const connection = await openSink(sinkOf(options));
  expect(await connection.deliver(eventsOf({ count: 3 }))).toMatchObject({ delivered: 3 });
});

test("a connection that the broker closes for idleness is not gone, and one whose broker is gone is", {
  timeout: 60_000,
}, async () => {
  const connection = await openSink(sinkOf());
  const first = await Promise.race([connection.closed, delay(2.5 * idleMs, "open")]);
  expect(first).toBe("open");
  expect(await connection.deliver(eventsOf({ count: 3 }))).toMatchObject({ delivered: 3 });
  await broker.kill();
  expect((await connection.closed).message).toContain("ECONNREFUSED");
  await broker.start();
});
