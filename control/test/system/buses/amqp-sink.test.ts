import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { createLog } from "../../../src/core/log.ts";
import { type SettingsOf, sinkSettingsSchema } from "../../../src/core/sink-settings.ts";
import type { Outgoing, SinkConnection } from "../../../src/events/sink.ts";
import { createAmqpSink } from "../../../src/events/sinks/amqp.ts";
import { type AmqpBroker, queueOn, rabbitmqBroker } from "../../brokers/rabbitmq.ts";
import { outgoing, sourceOf } from "../../conformance/outgoing.ts";
import { endsWithin } from "../../sooner.ts";

const never = new AbortController().signal;
const log = createLog({ level: "silent", readable: false });
const dir = mkdtempSync(join(tmpdir(), "hum-amqp-"));
const unhandled = vi.fn();
let broker: AmqpBroker;
let tests = 0;
beforeAll(async () => {
  broker = await rabbitmqBroker({ dir, configuration: ["max_message_size = 16384"] });
  await broker.start();
  process.on("unhandledRejection", unhandled);
});
beforeEach(() => {
  tests += 1;
});
afterEach(() => expect(unhandled).not.toHaveBeenCalled());
afterAll(async () => {
  process.off("unhandledRejection", unhandled);
  await broker.stop();
  rmSync(dir, { recursive: true });
});

/** An exchange of its own for each test. */
const exchange = () => `humhelix.events.${tests}`;
const sinkOn = (more: object = {}) => {
  const own = { kind: "amqp", url: broker.url, timeout_s: 1, exchange: exchange() };
  const settings = sinkSettingsSchema.parse({ ...own, ...more }) as SettingsOf<"amqp">;
  return createAmqpSink(settings, { node: "lab.one", log, version: "1.2.3" });
};

async function opened(more: object = {}): Promise<SinkConnection> {
  const connection = await sinkOn(more).open(never);
  onTestFinished(() => connection.close());
  return connection;
}

async function listening(options: { arguments?: Record<string, unknown> } = {}) {
  const queue = await queueOn(broker, { exchange: exchange(), ...options });
  onTestFinished(() => queue.close());
  return queue;
}

const all = (count: number) => ({ delivered: count, duplicates: 0, stopped: null });
const sized = (event: Outgoing, bytes: number): Outgoing => ({ ...event, json: event.json.padEnd(bytes) });
const sorted = (texts: readonly string[]) => texts.toSorted();
const textOf = ({ body }: { body: unknown }) => String(body);

describe("what queues get", () => {
  test("each event as it is, persistent, under its name, with what to route and tell it by", async () => {
    const queue = await listening();
    const connection = await opened();
    const [event] = outgoing(1) as [Outgoing];
    expect(await connection.deliver([event])).toEqual(all(1));
    const [message] = await queue.take();
    expect(message).toMatchObject({
      routingKey: "sidecar.started",
      contentType: "application/cloudevents+json",
      messageId: event.id,
      type: event.type,
      durable: true,
      headers: { source: sourceOf("system"), partitionkey: event.partitionKey },
      timestamp: Math.floor(Date.parse(JSON.parse(event.json).time) / 1000),
    });
    expect(message && textOf(message)).toBe(event.json);
  });

  test("thousands of events, those of one key in order", async () => {
    const queue = await listening();
    const connection = await opened();
    const events = outgoing(2_000);
    for (let start = 0; start < events.length; start += 250) {
      expect(await connection.deliver(events.slice(start, start + 250))).toEqual(all(250));
    }
    const byKey = (texts: readonly string[]) => {
      const keyed = texts.map((text) => JSON.parse(text) as { id: string; partitionkey: string });
      return Map.groupBy(keyed, ({ partitionkey }) => partitionkey);
    };
    expect(byKey((await queue.take()).map(textOf))).toEqual(byKey(events.map(({ json }) => json)));
  });

  test("ephemeral events, which are not persistent", async () => {
    const queue = await listening();
    const connection = await opened();
    const [event] = outgoing(1) as [Outgoing];
    connection.announce?.({ ...event, name: "transcription.partial" });
    await vi.waitFor(async () =>
      expect(await queue.take()).toMatchObject([{ routingKey: "transcription.partial", durable: false }]),
    );
  });
});

test("events that no queue is bound for count as delivered", async () => {
  const connection = await opened();
  expect(await connection.deliver(outgoing(20))).toEqual(all(20));
});

test("what a full queue refuses is not delivered: each key goes on where it stopped, without a hole", async () => {
  const queue = await listening({ arguments: { "x-max-length": 5, "x-overflow": "reject-publish" } });
  const sink = sinkOn();
  const batch = outgoing(12);
  const texts: string[] = [];
  for (let start = 0; start < batch.length; ) {
    const connection = await sink.open(never);
    const { delivered, stopped } = await connection.deliver(batch.slice(start));
    if (stopped !== null) {
      if (stopped.kind !== "failed") throw new Error(`the queue was not full, but ${stopped.kind}`);
      expect(stopped.error.message).toContain("rejected by server");
      expect(sink.isRefusal(stopped.error)).toBe(false);
    }
    start += delivered;
    texts.push(...(await queue.take()).map(textOf));
    await connection.close();
  }
  const byKey = (some: readonly string[]) => Map.groupBy(some, (text) => JSON.parse(text).partitionkey);
  expect(byKey(texts)).toEqual(byKey(batch.map(({ json }) => json)));
});

test("an event that does not fit is told, and nothing is sent twice, though the broker breaks the connection", async () => {
  const queue = await listening();
  const sink = sinkOn();
  const batch = outgoing(7).map((event, index) => sized(event, [0, 9_000, 0, 0, 20_000, 9_000, 0][index] ?? 0));
  const deliver = async (events: readonly Outgoing[]) => {
    const connection = await sink.open(never);
    const delivery = await connection.deliver(events);
    const error = events.length === 7 ? await connection.closed : null;
    expect(error !== null && sink.isRefusal(error)).toBe(false);
    await connection.close();
    return delivery;
  };
  const delivery = await deliver(batch);
  expect(delivery).toMatchObject({ delivered: 4, stopped: { kind: "unfit" } });
  expect(delivery.stopped?.kind === "unfit" && delivery.stopped.reason).toContain("20000 bytes");
  expect(await deliver(batch.slice(5))).toEqual(all(2));
  const fitting = batch.toSpliced(4, 1).map(({ json }) => json);
  expect(sorted((await queue.take()).map(textOf))).toEqual(sorted(fitting));
});

describe("a refusal is told from a failure", () => {
  const refusalOf = async (more: object) => {
    const sink = sinkOn(more);
    const error = await sink.open(never).catch((thrown: Error) => thrown);
    if (!(error instanceof Error)) throw new Error("the broker let us in");
    expect(sink.isRefusal(error)).toBe(true);
    return error.message;
  };

  test("such as a wrong password, which no message holds", async () => {
    const message = await refusalOf({ url: broker.url.replace("guest@", "wrong-one@") });
    expect(message).toContain("ACCESS_REFUSED");
    expect(message).not.toContain("wrong-one");
  });

  test("such as an exchange of another type, or a virtual host that is not there", async () => {
    expect(await refusalOf({ exchange: "amq.direct" })).toContain("inequivalent arg 'type'");
    expect(await refusalOf({ url: `${broker.url}/nowhere` })).toContain("nowhere");
  });
});

describe("when the broker is away", () => {
  test("one that hangs is given up in time: by deliver, by close and by an open that is aborted", async () => {
    const [connection, other] = [await opened(), await opened()];
    await broker.freeze();
    onTestFinished(() => broker.thaw());
    const delivering = connection.deliver(outgoing(9));
    expect(await endsWithin(2_000, delivering)).toBe(true);
    expect(await delivering).toMatchObject({ delivered: 0, stopped: { kind: "failed" } });
    const pending = other.deliver(outgoing(3));
    expect(await endsWithin(1_000, other.close())).toBe(true);
    expect(await pending).toMatchObject({ delivered: 0, stopped: { kind: "failed" } });
    await expect(sinkOn({ timeout_s: 60 }).open(AbortSignal.timeout(50))).rejects.toThrow("timeout");
    await expect(sinkOn({ timeout_s: 0.2 }).open(never)).rejects.toThrow(/timed out|did not answer/);
  });

  test("the connection tells that it has gone, persistent messages outlive it, and open says why it fails", async () => {
    const queue = await listening();
    const connection = await opened();
    const events = outgoing(30);
    expect(await connection.deliver(events)).toEqual(all(30));
    await broker.kill();
    expect(await connection.closed).toBeInstanceOf(Error);
    expect(await connection.deliver(events)).toMatchObject({ delivered: 0, stopped: { kind: "failed" } });
    const sink = sinkOn();
    const error = await sink.open(never).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ message: expect.stringContaining("ECONNREFUSED") });
    expect(error instanceof Error && sink.isRefusal(error)).toBe(false);
    await broker.start();
    expect(new Set((await queue.take()).map(textOf))).toEqual(new Set(events.map(({ json }) => json)));
  });
});
