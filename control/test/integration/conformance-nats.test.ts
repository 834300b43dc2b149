import { createLog } from "../../src/core/log.ts";
import { type SettingsOf, sinkSettingsSchema } from "../../src/core/sink-settings.ts";
import { createNatsSink } from "../../src/events/sinks/nats.ts";
import { messagesOf, natsBroker, natsClient } from "../brokers/nats.ts";
import type { Bench } from "../conformance/subject.ts";
import { conformance } from "../conformance/suite.ts";

conformance({
  kind: "nats",
  idempotent: true,
  broker: { restartMs: 200, canFreeze: true },
  unfitBytes: 20_000,
  open: openBench,
});

async function openBench(dir: string): Promise<Bench> {
  const broker = await natsBroker({ dir, configuration: "max_payload: 16384" });
  const kind = { kind: "nats", servers: [broker.url], timeout_s: 1 };
  const settings = sinkSettingsSchema.parse(kind) as SettingsOf<"nats">;
  const log = createLog({ level: "silent", readable: false });
  return {
    startBroker: broker.start,
    killBroker: broker.kill,
    freezeBroker: broker.freeze,
    thawBroker: broker.thaw,
    createSink: () => createNatsSink(settings, { node: "test", version: "0", log }),
    async received() {
      const client = await natsClient(broker);
      const messages = await messagesOf(client, settings.stream).finally(() => client.close());
      return messages.map(({ text }) => ({ json: text, partitionKey: null }));
    },
    close: broker.stop,
  };
}
