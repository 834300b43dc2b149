import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jetstreamManager } from "@nats-io/jetstream";
import type { NatsConnection } from "@nats-io/transport-node";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { createLog } from "../../src/core/log.ts";
import { type SettingsOf, sinkSettingsSchema } from "../../src/core/sink-settings.ts";
import type { Outgoing, SinkConnection } from "../../src/events/sink.ts";
import { createNatsSink } from "../../src/events/sinks/nats.ts";
import { messagesOf, type NatsBroker, natsBroker, natsClient } from "../brokers/nats.ts";
import { outgoing, sourceOf } from "../conformance/outgoing.ts";

const never = new AbortController().signal;
const log = createLog({ level: "silent", readable: false });

/** A stream of its own for each test, on one server. */
let tests = 0;
const settings = (broker: NatsBroker, more: object = {}) =>
  sinkSettingsSchema.parse({
    kind: "nats",
    servers: [broker.url],
    timeout_s: 1,
    stream: `S${tests}`,
    subject_prefix: `t${tests}.v1`,
    ...more,
  }) as SettingsOf<"nats">;

const sinkOn = (broker: NatsBroker, more: object = {}) =>
  createNatsSink(settings(broker, more), { node: "lab.one", log, version: "1.2.3" });

const opened = async (broker: NatsBroker, more: object = {}): Promise<SinkConnection> => {
  const connection = await sinkOn(broker, more).open(never);
  onTestFinished(() => connection.close());
  return connection;
};

const startBroker = async (configuration = "") => {
  const dir = mkdtempSync(join(tmpdir(), "hum-nats-"));
  const broker = await natsBroker({ dir, configuration });
  await broker.start();
  return {
    broker,
    async end() {
      await broker.stop();
      rmSync(dir, { recursive: true });
    },
  };
};

/** A server that only this test breaks. */
const ownBroker = async (configuration = "") => {
  const { broker, end } = await startBroker(configuration);
  onTestFinished(end);
  return broker;
};

let shared: Awaited<ReturnType<typeof startBroker>>;
let client: NatsConnection;
const unhandled = vi.fn();
beforeAll(async () => {
  shared = await startBroker();
  client = await natsClient(shared.broker);
  process.on("unhandledRejection", unhandled);
});
beforeEach(() => {
  tests += 1;
});
afterEach(() => expect(unhandled).not.toHaveBeenCalled());
afterAll(async () => {
  process.off("unhandledRejection", unhandled);
  await client.close();
  await shared.end();
});

const stored = () => messagesOf(client, `S${tests}`);
const manager = () => jetstreamManager(client);
const all = (count: number) => ({ delivered: count, duplicates: 0, stopped: null });
const sized = (event: Outgoing, bytes: number): Outgoing => ({ ...event, json: event.json.padEnd(bytes) });

describe("what the stream gets", () => {
  test("each event is stored as it is, in order, on the subject of its node and name", async () => {
    const connection = await opened(shared.broker);
    const events = outgoing(50);
    expect(await connection.deliver(events.slice(0, 1))).toEqual(all(1));
    expect(await connection.deliver(events.slice(1))).toEqual(all(49));
    expect(await stored()).toEqual(
      events.map(({ id, json }) => ({
        subject: `t${tests}.v1.lab_one.sidecar.started`,
        id,
        contentType: "application/cloudevents+json",
        text: json,
      })),
    );
  });

  test("a batch whose beginning is stored already adds only the rest", async () => {
    const connection = await opened(shared.broker);
    const events = outgoing(30);
    await connection.deliver(events.slice(0, 20));
    expect(await connection.deliver(events.slice(10))).toEqual({ delivered: 20, duplicates: 10, stopped: null });
    expect((await stored()).map(({ id }) => id)).toEqual(events.map(({ id }) => id));
  });

  test("a stream that takes no atomic batches gets the same, one after another", async () => {
    const subjects = [`t${tests}.v1.>`];
    await (await manager()).streams.add({ name: `S${tests}`, subjects });
    const connection = await opened(shared.broker);
    const events = outgoing(50);
    expect(await connection.deliver(events)).toEqual(all(50));
    expect((await stored()).map(({ id }) => id)).toEqual(events.map(({ id }) => id));
  });

  test("ephemeral events reach who listens and are not stored", async () => {
    const connection = await opened(shared.broker);
    const subscription = client.subscribe(`t${tests}.v1.*.transcription.partial`, { max: 1 });
    await client.flush();
    const [event] = outgoing(1) as [Outgoing];
    connection.announce?.({ ...event, name: "transcription.partial" });
    for await (const message of subscription) expect(message.string()).toBe(event.json);
    expect(await stored()).toEqual([]);
  });
});

describe("the stream itself", () => {
  test("is made on disk, without limits, and remembers message ids for ten minutes", async () => {
    await opened(shared.broker);
    const { config } = await (await manager()).streams.info(`S${tests}`);
    expect(config).toMatchObject({ storage: "file", retention: "limits", max_age: 0, max_msgs: -1, max_bytes: -1 });
    expect(config.duplicate_window).toBe(600_000_000_000);
    expect(config.subjects).toContain(`t${tests}.v1.*.transcription.completed`);
  });

  test("that a user made keeps its limits, and gets the subjects that it lacks", async () => {
    const had = `t${tests}.v1.*.transcription.*`;
    await (await manager()).streams.add({ name: `S${tests}`, subjects: [had], max_bytes: 1_000_000 });
    await opened(shared.broker);
    const { config } = await (await manager()).streams.info(`S${tests}`);
    expect(config.max_bytes).toBe(1_000_000);
    expect(config.subjects).toContain(had);
    expect(config.subjects).toContain(`t${tests}.v1.*.node.started`);
    expect(config.subjects).not.toContain(`t${tests}.v1.*.transcription.completed`);
  });

  test("that is full and refuses more is a refusal, and nothing is lost or skipped", async () => {
    const limits = { max_msgs: 5, discard: "new" as const, allow_atomic: true };
    await (await manager()).streams.add({ name: `S${tests}`, subjects: [`t${tests}.>`], ...limits });
    const sink = sinkOn(shared.broker);
    const connection = await sink.open(never);
    onTestFinished(() => connection.close());
    const { delivered, stopped } = await connection.deliver(outgoing(10));
    expect({ delivered, kind: stopped?.kind }).toEqual({ delivered: 5, kind: "failed" });
    expect(stopped?.kind === "failed" && sink.isRefusal(stopped.error)).toBe(true);
    expect((await stored()).map(({ id }) => id)).toEqual(outgoing(5).map(({ id }) => id));
  });
});

describe("what the stream has is recalled", () => {
  const sources = [sourceOf("system"), sourceOf("transcription"), "/humhelix/test/1/system"];

  test("for each source by itself, also after the server was killed", async () => {
    const broker = await ownBroker();
    const first = await opened(broker);
    expect(await first.recall?.(sources)).toEqual(new Map());
    const [event] = outgoing(1) as [Outgoing];
    const other = {
      ...event,
      id: "other",
      name: "sidecar.ready",
      json: event.json.replace(/"\d{16}"/, '"0000000000000008"'),
    };
    await first.deliver([...outgoing(7), other]);
    await broker.kill();
    await broker.start();
    const second = await opened(broker);
    expect(await second.recall?.(sources)).toEqual(new Map([[sourceOf("system"), 8]]));
  });

  test("for a source only until a newer one of the same stream has told something", async () => {
    const connection = await opened(shared.broker);
    const [event] = outgoing(1) as [Outgoing];
    const newer = "/humhelix/test/1/system";
    const json = JSON.stringify({ ...JSON.parse(event.json), source: newer, time: "2999-01-01T00:00:00.000Z" });
    await connection.deliver(outgoing(7));
    await connection.deliver([{ ...event, id: "newer", name: "sidecar.ready", source: newer, json }]);
    expect(await connection.recall?.([newer, sourceOf("system")])).toEqual(new Map([[newer, 1]]));
  });

  test("for as long as the stream keeps messages", async () => {
    const sink = sinkOn(shared.broker);
    const open = async () => {
      const connection = await sink.open(never);
      await connection.close();
      return { remembersMs: sink.remembersMs, recalls: connection.recall !== undefined };
    };
    expect(await open()).toEqual({ remembersMs: Number.POSITIVE_INFINITY, recalls: true });
    const { streams } = await manager();
    await streams.update(`S${tests}`, { max_age: 3_600_000_000_000 });
    expect(await open()).toEqual({ remembersMs: 3_600_000, recalls: true });
    await streams.update(`S${tests}`, { max_msgs: 100 });
    expect(await open()).toEqual({ remembersMs: 0, recalls: false });
  });
});

describe("an event that does not fit is told, after all before it are stored", () => {
  test("where it is larger than the server takes", async () => {
    const connection = await opened(await ownBroker("max_payload: 4096"));
    const [first, second, third] = outgoing(3) as [Outgoing, Outgoing, Outgoing];
    const batch = [first, sized(second, 5_000), third];
    const delivery = await connection.deliver(batch);
    expect(delivery).toMatchObject({ delivered: 1, stopped: { kind: "unfit" } });
    expect(delivery.stopped?.kind === "unfit" && delivery.stopped.reason).toContain("5000 bytes");
    expect(await connection.deliver([third])).toEqual(all(1));
  });

  test("where it is larger than the stream takes", async () => {
    await (await manager()).streams.add({ name: `S${tests}`, subjects: [`t${tests}.>`], max_msg_size: 4096 });
    const connection = await opened(shared.broker);
    const [first, second] = outgoing(2) as [Outgoing, Outgoing];
    const delivery = await connection.deliver([first, sized(second, 5_000)]);
    expect(delivery).toMatchObject({ delivered: 1, stopped: { kind: "unfit" } });
  });
});

describe("when the server is away", () => {
  test("open says so, and it is no refusal", async () => {
    const broker = await ownBroker();
    await broker.stop();
    const sink = sinkOn(broker);
    const error = await sink.open(never).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ message: "connection refused" });
    expect(error instanceof Error && sink.isRefusal(error)).toBe(false);
  });

  test("the connection tells that it has gone", async () => {
    const broker = await ownBroker();
    const connection = await opened(broker);
    await broker.kill();
    expect(await connection.closed).toBeInstanceOf(Error);
    expect(await connection.deliver(outgoing(2))).toMatchObject({ delivered: 0, stopped: { kind: "failed" } });
  });

  test("one that hangs is given up in time: by deliver, by close and by an open that is aborted", async () => {
    const broker = await ownBroker();
    const connection = await opened(broker);
    await broker.freeze();
    const startMs = performance.now();
    expect(await connection.deliver(outgoing(3))).toMatchObject({ delivered: 0, stopped: { kind: "failed" } });
    expect(performance.now() - startMs).toBeLessThan(2_500);
    const pending = connection.deliver(outgoing(3));
    const closingMs = performance.now();
    await connection.close();
    expect(performance.now() - closingMs).toBeLessThan(500);
    expect(await pending).toMatchObject({ delivered: 0, stopped: { kind: "failed" } });
    await expect(sinkOn(broker, { timeout_s: 60 }).open(AbortSignal.timeout(50))).rejects.toThrow("timeout");
  });
});

test("a wrong password is a refusal, whose message does not hold it", async () => {
  const broker = await ownBroker('authorization { user: "u", password: "right" }');
  const sink = sinkOn(broker, { user: "u", password: "wrong-one" });
  const error = await sink.open(never).catch((thrown: Error) => thrown);
  if (!(error instanceof Error)) throw new Error("the server let a wrong password in");
  expect(sink.isRefusal(error)).toBe(true);
  expect(error.message).not.toContain("wrong-one");
  const inUrl = broker.url.replace("//", "//u:right@");
  await opened(broker, { servers: [inUrl] });
});
