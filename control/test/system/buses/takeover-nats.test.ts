import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { natsBroker, natsClient } from "../../brokers/nats.ts";
import { testTakeover } from "../../takeover.ts";

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
