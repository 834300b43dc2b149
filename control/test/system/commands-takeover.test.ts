import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { afterAll, beforeAll } from "vitest";
import { connectKafka, partitionOf } from "../../src/events/clients/kafka.ts";
import { createKafkaBroker, type KafkaBroker } from "../brokers/kafka.ts";
import { readTopics } from "../brokers/kafka-reader.ts";
import { natsBroker, natsClient } from "../brokers/nats.ts";
import { testTakeover } from "../takeover.ts";

const subject = "test.commands";

testTakeover("NATS", {
  claimIdleS: 2,
  async open({ dir }) {
    mkdirSync(join(dir, "nats"));
    const broker = await natsBroker({ dir: join(dir, "nats") });
    await broker.start();
    let client = await natsClient(broker);
    let manager = await jetstreamManager(client);
    const source = `{kind: nats, servers: ["${broker.url}"], stream: COMMANDS, subject: ${subject}}`;
    return {
      commands: `  redis: false\n  sources:\n    - ${source}\n`,
      send: async (text) => void (await jetstream(client).publish(subject, text)),
      async left() {
        const { state } = await manager.streams.info("COMMANDS", { subjects_filter: subject });
        return Number(state.subjects?.[subject] ?? 0);
      },
      async dead() {
        const texts: string[] = [];
        const { state } = await manager.streams.info("COMMANDS");
        for (let seq = state.first_seq; seq <= state.last_seq; seq += 1) {
          const message = await manager.streams.getMessage("COMMANDS", { seq }).catch(() => null);
          if (message?.subject === `${subject}.dead`) texts.push(message.string());
        }
        return texts;
      },
      async restart() {
        await client.close();
        await broker.kill();
        await broker.start();
        client = await natsClient(broker);
        manager = await jetstreamManager(client);
      },
      async close() {
        await client.close();
        await broker.stop();
      },
    };
  },
});

let dir: string;
let kafka: KafkaBroker;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "hum-kafka-"));
  kafka = await createKafkaBroker({ dir, properties: { "group.min.session.timeout.ms": "500" } });
  await kafka.start();
}, 60_000);
afterAll(async () => {
  await kafka.kill();
  rmSync(dir, { recursive: true });
});
let topics = 0;

testTakeover("Kafka", {
  claimIdleS: 2,
  async open() {
    const topic = `commands-${topics++}`;
    const brokers = [kafka.addresses.plain];
    const connect = () => connectKafka({ brokers, clientId: "sender", tls: false, timeoutMs: 5_000 });
    let connection = await connect();
    const count = (await connection.partitionsOf([topic])).get(topic) ?? 1;
    let sent = 0;
    const names = `topic: ${topic}, group: ${topic}, dead_letter_topic: ${topic}.dead`;
    return {
      commands: `  redis: false\n  sources:\n    - {kind: kafka, brokers: ["${kafka.addresses.plain}"], ${names}}\n`,
      async send(text) {
        const key = String(sent++);
        const records = [{ key, value: text, headers: {} }];
        const batch = { topic, partition: partitionOf(key, count), firstSequence: 0, records };
        const [failure] = await connection.produce([batch], await connection.createProducerId());
        if (failure !== null) throw failure;
      },
      left: () => lagOf(topic),
      dead: async () => (await readTopics(kafka.addresses.plain, [`${topic}.dead`])).map(({ value }) => value),
      async restart() {
        await connection.close();
        await kafka.kill();
        await kafka.start();
        connection = await connect();
      },
      close: () => connection.close(),
    };
  },
});

/** By Kafka's own tool: how many messages of the group's topic are not committed. */
async function lagOf(topic: string): Promise<number> {
  const group = ["--bootstrap-server", kafka.addresses.plain, "--describe", "--group", topic];
  const table = await kafka.tool("consumer.group.ConsumerGroupCommand", group);
  const rows = table.split("\n").filter((line) => line.startsWith(topic));
  return rows.reduce((sum, row) => {
    // A partition of which nothing was committed yet lags by all that it has.
    const [end, lag] = row.split(/\s+/).slice(4, 6);
    return sum + Number(lag === "-" ? end : lag);
  }, 0);
}
