/** Makes the source of commands that settings ask for, and loads only that kind's code and client. */
import type { CommandSourceSettings } from "../core/command-settings.ts";
import type { SourceContext } from "./context.ts";
import type { CommandSource } from "./source.ts";

/** Connects nothing yet. */
export async function createSource(settings: CommandSourceSettings, context: SourceContext): Promise<CommandSource> {
  switch (settings.kind) {
    case "kafka":
      return (await import("./kafka.ts")).createKafkaSource(settings, context);
    case "nats":
      return (await import("./nats.ts")).createNatsSource(settings, context);
  }
}
