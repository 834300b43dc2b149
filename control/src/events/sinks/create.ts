/** Makes the sink that settings ask for, and loads only that kind's code and client. */
import type { SinkSettings } from "../../core/sink-settings.ts";
import type { Sink } from "../sink.ts";
import type { SinkContext } from "./context.ts";

/** Connects nothing yet. Rejects with HumError `bad_request` where the settings cannot be used. */
export async function createSink(settings: SinkSettings, context: SinkContext): Promise<Sink> {
  switch (settings.kind) {
    case "kafka":
      return (await import("./kafka.ts")).createKafkaSink(settings, context);
    case "webhook":
      return (await import("./webhook.ts")).createWebhookSink(settings, context);
    case "file":
      return (await import("./file.ts")).createFileSink(settings, context);
    case "stdout":
      return (await import("./stdout.ts")).createStdoutSink(settings, context);
    case "nats":
      return (await import("./nats.ts")).createNatsSink(settings, context);
    case "mqtt":
      return (await import("./mqtt.ts")).createMqttSink(settings, context);
    case "amqp":
      return (await import("./amqp.ts")).createAmqpSink(settings, context);
    default:
      return settings satisfies never;
  }
}
