import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { connectKafka, partitionOf } from "../../../src/events/clients/kafka.ts";
import { createKafkaBroker, type KafkaBroker } from "../../brokers/kafka.ts";
import { lagOf, readTopics } from "../../brokers/kafka-reader.ts";
import { testTakeover } from "../../takeover.ts";

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
      left: () => lagOf(kafka.addresses.plain, topic),
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
