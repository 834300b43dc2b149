/** Makes the sink that settings ask for, and loads only that kind's code and client. */
import { HumError } from "../../core/errors.ts";
import type { SinkSettings } from "../../core/sink-settings.ts";
import type { Sink } from "../sink.ts";
import type { SinkContext } from "./context.ts";

/** Connects nothing yet. Rejects with HumError `bad_request` where the settings cannot be used. */
export async function createSink(settings: SinkSettings, context: SinkContext): Promise<Sink> {
  switch (settings.kind) {
    case "webhook":
      return (await import("./webhook.ts")).createWebhookSink(settings, context);
    case "file":
      return (await import("./file.ts")).createFileSink(settings, context);
    case "stdout":
      return (await import("./stdout.ts")).createStdoutSink(settings, context);
    case "kafka":
      return (await import("./kafka.ts")).createKafkaSink(settings, context);
    default:
      throw new HumError("bad_request", `sinks of kind ${settings.kind} cannot be used yet`);
  }
}
