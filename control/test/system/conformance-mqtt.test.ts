import { createLog } from "../../src/core/log.ts";
import { type SettingsOf, sinkSettingsSchema } from "../../src/core/sink-settings.ts";
import { createMqttSink } from "../../src/events/sinks/mqtt.ts";
import { type Listener, listenTo, mosquittoBroker } from "../brokers/mosquitto.ts";
import type { Bench } from "../conformance/subject.ts";
import { conformance } from "../conformance/suite.ts";

conformance({
  kind: "mqtt",
  idempotent: false,
  broker: { restartMs: 200, canFreeze: true },
  unfitBytes: 20_000,
  open: openBench,
});

/**
 * The consumer is connected whenever the broker is: Mosquitto acknowledges before it writes anything down, so that a kill
 * takes what no consumer has. What is on a connected consumer's socket it cannot take.
 */
async function openBench(dir: string): Promise<Bench> {
  const broker = await mosquittoBroker({ dir, configuration: ["max_packet_size 16384", "max_inflight_messages 0"] });
  const settings = sinkSettingsSchema.parse({ kind: "mqtt", url: broker.url, timeout_s: 1 }) as SettingsOf<"mqtt">;
  const log = createLog({ level: "silent", readable: false });
  let listener: Listener | null = null;
  return {
    async startBroker() {
      await broker.start();
      listener ??= await listenTo(broker, "humhelix/+/+/+");
      await listener.connected();
    },
    killBroker: broker.kill,
    freezeBroker: broker.freeze,
    thawBroker: broker.thaw,
    createSink: () => createMqttSink(settings, { node: "test", version: "0", log }),
    received: async () => (listener?.heard ?? []).map(({ text }) => ({ json: text, partitionKey: null })),
    async close() {
      await listener?.close();
      await broker.stop();
    },
  };
}
