import { createLog } from "../../../src/core/log.ts";
import { type SettingsOf, sinkSettingsSchema } from "../../../src/core/sink-settings.ts";
import { createMqttSink } from "../../../src/events/sinks/mqtt.ts";
import { listenTo, mosquittoBroker } from "../../brokers/mosquitto.ts";
import type { Bench } from "../../conformance/subject.ts";
import { conformance } from "../../conformance/suite.ts";

conformance({
  kind: "mqtt",
  idempotent: false,
  broker: { restartMs: 200, canFreeze: true },
  unfitBytes: 20_000,
  open: openBench,
});

/**
 * The consumer's session is on the broker's disk from the beginning, so that nothing is published before it listens, and
 * it is connected whenever the broker is: Mosquitto acknowledges before it writes anything down, and a kill takes what no
 * consumer has. What is on a connected consumer's socket it cannot take.
 */
async function openBench(dir: string): Promise<Bench> {
  const broker = await mosquittoBroker({ dir, configuration: ["max_packet_size 16384", "max_inflight_messages 0"] });
  const settings = sinkSettingsSchema.parse({ kind: "mqtt", url: broker.url, timeout_s: 1 }) as SettingsOf<"mqtt">;
  const log = createLog({ level: "silent", readable: false });
  await broker.start();
  const listener = await listenTo(broker, "humhelix/+/+/+");
  // In peace, it writes down who listens.
  await broker.stop();
  return {
    async startBroker() {
      await broker.start();
      await listener.connected();
    },
    killBroker: broker.kill,
    freezeBroker: broker.freeze,
    thawBroker: broker.thaw,
    createSink: () => createMqttSink(settings, { node: "test", version: "0", log }),
    received: async () => listener.heard.map(({ text }) => ({ json: text, partitionKey: null })),
    async close() {
      await listener.close();
      await broker.stop();
    },
  };
}
