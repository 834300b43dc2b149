import { createLog } from "../../../src/core/log.ts";
import { type SettingsOf, sinkSettingsSchema } from "../../../src/core/sink-settings.ts";
import { createAmqpSink } from "../../../src/events/sinks/amqp.ts";
import { queueOn, rabbitmqBroker } from "../../brokers/rabbitmq.ts";
import type { Bench, Received } from "../../conformance/subject.ts";
import { conformance } from "../../conformance/suite.ts";

conformance({
  kind: "amqp",
  idempotent: false,
  broker: { restartMs: 4_000, canFreeze: true },
  unfitBytes: 20_000,
  open: openBench,
});

async function openBench(dir: string): Promise<Bench> {
  // The queue is there before the broker takes its first connection: what no queue is bound for is nobody's.
  const exchange = "humhelix.events";
  const broker = await rabbitmqBroker({ dir, configuration: ["max_message_size = 16384"], queueOn: exchange });
  const kind = { kind: "amqp", url: broker.url, exchange, timeout_s: 1 };
  const settings = sinkSettingsSchema.parse(kind) as SettingsOf<"amqp">;
  const log = createLog({ level: "silent", readable: false });
  const received: Received[] = [];
  return {
    startBroker: broker.start,
    killBroker: broker.kill,
    freezeBroker: broker.freeze,
    thawBroker: broker.thaw,
    createSink: () => createAmqpSink(settings, { node: "test", version: "0", log }),
    async received() {
      const queue = await queueOn(broker, { exchange });
      const messages = await queue.take().finally(() => queue.close());
      for (const { body, headers } of messages) {
        received.push({ json: String(body), partitionKey: String(headers?.partitionkey) });
      }
      return received;
    },
    close: broker.stop,
  };
}
