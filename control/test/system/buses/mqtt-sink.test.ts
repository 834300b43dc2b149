import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { createLog } from "../../../src/core/log.ts";
import { type SettingsOf, sinkSettingsSchema } from "../../../src/core/sink-settings.ts";
import type { Outgoing, SinkConnection } from "../../../src/events/sink.ts";
import { createMqttSink } from "../../../src/events/sinks/mqtt.ts";
import { listenTo, type MqttBroker, mosquittoBroker } from "../../brokers/mosquitto.ts";
import { outgoing, sourceOf } from "../../conformance/outgoing.ts";
import { endsWithin } from "../../sooner.ts";

const never = new AbortController().signal;
const log = createLog({ level: "silent", readable: false });
const unhandled = vi.fn();
beforeEach(() => void process.on("unhandledRejection", unhandled));
afterEach(() => {
  process.off("unhandledRejection", unhandled);
  expect(unhandled).not.toHaveBeenCalled();
});

async function startBroker(configuration: readonly string[] = []): Promise<MqttBroker> {
  const dir = mkdtempSync(join(tmpdir(), "hum-mqtt-"));
  const broker = await mosquittoBroker({ dir, configuration });
  onTestFinished(async () => {
    await broker.stop();
    rmSync(dir, { recursive: true });
  });
  await broker.start();
  return broker;
}

const sinkOn = ({ url }: MqttBroker, more: object = {}) => {
  const settings = sinkSettingsSchema.parse({ kind: "mqtt", url, timeout_s: 1, ...more }) as SettingsOf<"mqtt">;
  return createMqttSink(settings, { node: "lab.one", log, version: "1.2.3" });
};

async function opened(broker: MqttBroker, more: object = {}): Promise<SinkConnection> {
  const connection = await sinkOn(broker, more).open(never);
  onTestFinished(() => connection.close());
  return connection;
}

async function listening(broker: MqttBroker, filter: string) {
  const listener = await listenTo(broker, filter);
  onTestFinished(() => listener.close());
  return listener;
}

const all = (count: number) => ({ delivered: count, duplicates: 0, stopped: null });
const sorted = (messages: readonly { text: string }[]) => messages.map(({ text }) => text).toSorted();
const sized = (event: Outgoing, bytes: number): Outgoing => ({ ...event, json: event.json.padEnd(bytes) });

describe("what subscribers get", () => {
  test("each event as it is, on the topic of its node, noun and verb, with what to route it by", async () => {
    const broker = await startBroker();
    const { heard } = await listening(broker, "humhelix/#");
    const connection = await opened(broker);
    const [event] = outgoing(1) as [Outgoing];
    expect(await connection.deliver([event, { ...event, id: "2", name: "benchmark.run.started" }])).toEqual(all(2));
    await vi.waitFor(() => expect(heard).toHaveLength(3));
    expect(heard).toMatchObject([
      { topic: "humhelix/lab.one/availability", text: "online" },
      {
        topic: "humhelix/lab.one/sidecar/started",
        text: event.json,
        retain: false,
        properties: {
          contentType: "application/cloudevents+json",
          userProperties: { id: event.id, source: sourceOf("system"), type: event.type },
        },
      },
      { topic: "humhelix/lab.one/benchmark.run/started" },
    ]);
  });

  test("thousands of events, those of one key in order", async () => {
    const broker = await startBroker();
    const { heard } = await listening(broker, "humhelix/+/sidecar/+");
    const connection = await opened(broker);
    const events = outgoing(2_000);
    for (let start = 0; start < events.length; start += 250) {
      expect(await connection.deliver(events.slice(start, start + 250))).toEqual(all(250));
    }
    await vi.waitFor(() => expect(heard).toHaveLength(events.length));
    const byKey = (texts: readonly string[]) => {
      const keyed = texts.map((text) => JSON.parse(text) as { id: string; partitionkey: string });
      return Map.groupBy(keyed, ({ partitionkey }) => partitionkey);
    };
    expect(byKey(heard.map(({ text }) => text))).toEqual(byKey(events.map(({ json }) => json)));
  });

  test("ephemeral events, where they listen", async () => {
    const broker = await startBroker();
    const { heard } = await listening(broker, "humhelix/+/transcription/partial");
    const connection = await opened(broker);
    const [event] = outgoing(1) as [Outgoing];
    connection.announce?.({ ...event, name: "transcription.partial" });
    await vi.waitFor(() => expect(heard).toMatchObject([{ text: event.json, retain: false }]));
  });
});

describe("availability", () => {
  const topic = "humhelix/lab.one/availability";
  const isRetained = async (broker: MqttBroker, text: string) => {
    const late = await listenTo(broker, topic);
    await vi.waitFor(() => expect(late.heard.at(-1)).toMatchObject({ text, retain: true }));
    await late.close();
  };

  test("is retained: online while connected, offline after a clean end", async () => {
    const broker = await startBroker();
    const connection = await opened(broker);
    await isRetained(broker, "online");
    await connection.close();
    await isRetained(broker, "offline");
  });

  test("becomes offline when the node is killed, and online when it is back", async () => {
    const broker = await startBroker();
    const { heard } = await listening(broker, topic);
    const node = spawn(process.execPath, [join(import.meta.dirname, "../../brokers/mqtt-node.ts"), broker.url]);
    await vi.waitFor(() => expect(heard.map(({ text }) => text)).toEqual(["online"]), 10_000);
    node.kill("SIGKILL");
    await once(node, "exit");
    await vi.waitFor(() => expect(heard.map(({ text }) => text)).toEqual(["online", "offline"]));
    await opened(broker);
    await vi.waitFor(() => expect(heard.map(({ text }) => text)).toEqual(["online", "offline", "online"]));
  });

  test("stays online when the node connects anew while the broker believes its old connection alive", async () => {
    const broker = await startBroker();
    const first = await opened(broker);
    const second = await opened(broker);
    expect(await first.closed).toBeInstanceOf(Error);
    await isRetained(broker, "online");
    expect(await second.deliver(outgoing(1))).toEqual(all(1));
  });
});

test("Home Assistant discovers the node as one device, whose entities read its topics and never its text", async () => {
  const broker = await startBroker();
  await opened(broker);
  const { heard } = await listening(broker, "homeassistant/#");
  await vi.waitFor(() => expect(heard).toHaveLength(1));
  const [message] = heard;
  expect(message).toMatchObject({ topic: "homeassistant/device/humhelix_lab_one/config", retain: true });
  const { device, origin, components } = JSON.parse(message?.text ?? "");
  expect(device).toMatchObject({ identifiers: ["humhelix_lab_one"], name: "hum-helix lab.one", sw_version: "1.2.3" });
  expect(origin).toEqual({ name: "hum-helix", sw_version: "1.2.3" });
  expect(Object.keys(components)).toEqual([
    ...["connection", "transcription", "last_transcription", "audio_length", "processing_time"],
    ...["last_failure", "state"],
  ]);
  expect(message?.text).not.toMatch(/\.text\b|segments/);
});

describe("an event that does not fit is told, after all before it are delivered", () => {
  test("where the broker says so when it is connected to", async () => {
    const broker = await startBroker(["max_packet_size 4096"]);
    const connection = await opened(broker);
    const [first, second, third] = outgoing(3) as [Outgoing, Outgoing, Outgoing];
    const delivery = await connection.deliver([first, sized(second, 5_000), third]);
    expect(delivery).toMatchObject({ delivered: 1, stopped: { kind: "unfit" } });
    expect(delivery.stopped?.kind === "unfit" && delivery.stopped.reason).toContain("5000 bytes");
    expect(await connection.deliver([third])).toEqual(all(1));
  });

  test("where the broker only breaks the connection, and then nothing is sent twice", async () => {
    const broker = await startBroker(["message_size_limit 6000"]);
    const { heard } = await listening(broker, "humhelix/+/sidecar/+");
    const sink = sinkOn(broker);
    const batch = outgoing(7).map((event, index) => sized(event, [0, 5_000, 0, 0, 7_000, 5_000, 0][index] ?? 0));
    const deliver = async (events: readonly Outgoing[]) => {
      const connection = await sink.open(never);
      const delivery = await connection.deliver(events);
      await connection.close();
      return delivery;
    };
    const delivery = await deliver(batch);
    expect(delivery).toMatchObject({ delivered: 4, stopped: { kind: "unfit" } });
    expect(await deliver(batch.slice(5))).toEqual(all(2));
    const fitting = batch.toSpliced(4, 1).map(({ json }) => ({ text: json }));
    await vi.waitFor(() => expect(sorted(heard)).toEqual(sorted(fitting)));
  });
});

describe("when the broker is away", () => {
  test("open says so, and it is no refusal", async () => {
    const broker = await startBroker();
    await broker.stop();
    const sink = sinkOn(broker);
    const error = await sink.open(never).catch((thrown: Error) => thrown);
    expect(error).toMatchObject({ message: expect.stringContaining("ECONNREFUSED") });
    expect(error instanceof Error && sink.isRefusal(error)).toBe(false);
  });

  test("the connection tells that it has gone, and what was on its way is not called delivered", async () => {
    const broker = await startBroker();
    const connection = await opened(broker);
    await broker.freeze();
    const pending = connection.deliver(outgoing(9));
    await broker.kill();
    expect(await pending).toMatchObject({ delivered: 0, stopped: { kind: "failed" } });
    expect(await connection.closed).toBeInstanceOf(Error);
    expect(await connection.deliver(outgoing(2))).toMatchObject({ delivered: 0, stopped: { kind: "failed" } });
  });

  test("one that hangs is given up in time: by deliver, by close and by an open that is aborted", async () => {
    const broker = await startBroker();
    const connection = await opened(broker);
    const other = await opened(broker, { name: "other" });
    await broker.freeze();
    const delivering = connection.deliver(outgoing(9));
    expect(await endsWithin(2_000, delivering)).toBe(true);
    expect(await delivering).toMatchObject({ delivered: 0, stopped: { kind: "failed" } });
    const pending = other.deliver(outgoing(3));
    expect(await endsWithin(1_000, other.close())).toBe(true);
    expect(await pending).toMatchObject({ delivered: 0, stopped: { kind: "failed" } });
    await expect(sinkOn(broker, { timeout_s: 60 }).open(AbortSignal.timeout(50))).rejects.toThrow("timeout");
  });
});

describe("a refusal is told from a failure", () => {
  test("such as a password that is not taken, which no message holds", async () => {
    const dir = mkdtempSync(join(tmpdir(), "hum-mqtt-"));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    writeFileSync(join(dir, "passwords"), "");
    const broker = await startBroker([`password_file ${join(dir, "passwords")}`]);
    const sink = sinkOn(broker, { username: "u", password: "wrong-one" });
    const error = await sink.open(never).catch((thrown: Error) => thrown);
    if (!(error instanceof Error)) throw new Error("the broker let a wrong password in");
    expect(sink.isRefusal(error)).toBe(true);
    expect(error.message).toMatch(/Not authorized|Bad User Name/);
    expect(error.message).not.toContain("wrong-one");
  });

  test("such as a topic that the node may not write: what is behind it on other topics is sent once", async () => {
    const dir = mkdtempSync(join(tmpdir(), "hum-mqtt-"));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    const acl = join(dir, "acl");
    const topics = ["humhelix/lab.one/availability", "humhelix/lab.one/sidecar/started"];
    writeFileSync(acl, topics.map((topic) => `topic readwrite ${topic}\n`).join(""));
    const broker = await startBroker([`acl_file ${acl}`]);
    const { heard } = await listening(broker, "humhelix/lab.one/sidecar/started");
    const sink = sinkOn(broker, { discovery_prefix: null });
    const deliver = async (events: readonly Outgoing[]) => {
      const connection = await sink.open(never);
      const delivery = await connection.deliver(events);
      await connection.close();
      return delivery;
    };
    const batch = outgoing(9).map((event, index) => (index === 3 ? { ...event, name: "sidecar.ready" } : event));
    for (const attempt of [batch, batch.slice(3), batch.slice(3)]) {
      const { delivered, stopped } = await deliver(attempt);
      expect(delivered).toBe(attempt.length === 9 ? 3 : 0);
      if (stopped?.kind !== "failed") throw new Error("the broker let the node write where it may not");
      expect(sink.isRefusal(stopped.error)).toBe(true);
    }
    expect(await deliver(batch.slice(4))).toEqual(all(5));
    const allowed = batch.toSpliced(3, 1).map(({ json }) => ({ text: json }));
    await vi.waitFor(() => expect(sorted(heard)).toEqual(sorted(allowed)));
  });
});
