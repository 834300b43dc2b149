import { mkdirSync } from "node:fs";
import { sinkSettingsSchema } from "../../../src/core/sink-settings.ts";
import { createKafkaSink } from "../../../src/events/sinks/kafka.ts";
import { createKafkaBroker } from "../../brokers/kafka.ts";
import { readTopics } from "../../brokers/kafka-reader.ts";
import type { Bench } from "../../conformance/subject.ts";
import { conformance } from "../../conformance/suite.ts";

async function openBench(dir: string): Promise<Bench> {
  mkdirSync(dir, { recursive: true });
  const broker = await createKafkaBroker({ dir, properties: { "message.max.bytes": "30000" } });
  const { plain } = broker.addresses;
  return {
    startBroker: broker.start,
    killBroker: broker.kill,
    freezeBroker: broker.freeze,
    thawBroker: broker.thaw,
    createSink() {
      const settings = sinkSettingsSchema.parse({ kind: "kafka", brokers: [plain], timeout_s: 1 });
      if (settings.kind !== "kafka") throw new Error("not Kafka's settings");
      return createKafkaSink(settings, { node: "test" });
    },
    async received() {
      const records = await readTopics(plain, ["humhelix.system.v1"]);
      return records.map(({ key, value }) => ({ json: value, partitionKey: key }));
    },
    close: broker.kill,
  };
}

conformance({
  kind: "kafka",
  idempotent: true,
  broker: { restartMs: 3_000, canFreeze: true },
  unfitBytes: 40_000,
  open: openBench,
});
