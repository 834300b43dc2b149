import { createLog } from "../../src/core/log.ts";
import { createWebhookSink } from "../../src/events/sinks/webhook.ts";
import { webhookPace } from "../../src/events/sinks/webhook-trials.ts";
import type { Bench } from "../conformance/subject.ts";
import { conformance } from "../conformance/suite.ts";
import { createReceiver } from "../receiver.ts";

const secret = `whsec_${Buffer.alloc(32, "conformance").toString("base64")}`;

conformance({
  kind: "webhook",
  idempotent: false,
  broker: { restartMs: 100, canFreeze: true },
  unfitBytes: null,
  open: openBench,
});

async function openBench(): Promise<Bench> {
  const receiver = await createReceiver({ secret });
  let isUp = false;
  const killBroker = async () => {
    if (isUp) await receiver.kill();
    isUp = false;
  };
  return {
    async startBroker() {
      await receiver.start();
      isUp = true;
    },
    killBroker,
    freezeBroker: receiver.freeze,
    thawBroker: receiver.thaw,
    createSink: () =>
      createWebhookSink(
        {
          kind: "webhook",
          types: ["*"],
          required: false,
          url: receiver.url,
          secret,
          headers: {},
          max_in_flight: 64,
          timeout_s: 1,
        },
        {
          node: "test",
          version: "0",
          log: createLog({ level: "silent", readable: false }),
          pace: { ...webhookPace, retry: { firstMs: 50, maxMs: 400, refusedMs: 400 } },
        },
      ),
    received: async () => receiver.taken.map(({ body, key }) => ({ json: body, partitionKey: key })),
    close: killBroker,
  };
}
