/** The settings of the buses that `commands.sources` lists: those that commands are read from beside Redis. */
import { z } from "zod";
import { kafkaCluster, natsServers, natsStream, sinkName } from "./sink-settings.ts";

/** What every source can be told. */
const common = {
  /** Unique among the sources; the kind where it is left out. */
  name: sinkName.optional(),
  /** Nodes of one group share the commands between them. */
  group: sinkName.default("humhelix"),
};

const kafka = z.strictObject({
  kind: z.literal("kafka"),
  ...common,
  ...kafkaCluster,
  topic: sinkName.default("humhelix.commands.v1"),
  /** Where what could not be read, or never came to an end, goes. */
  dead_letter_topic: sinkName.default("humhelix.dlq.v1"),
});

const nats = z.strictObject({
  kind: z.literal("nats"),
  ...common,
  ...natsServers,
  /** The JetStream stream that keeps the commands; made where it is missing. */
  stream: natsStream.default("HUMHELIX_COMMANDS"),
  /** What could not be read, or never came to an end, goes to `<subject>.dead`. */
  subject: sinkName.default("humhelix.v1.commands"),
});

export const commandSourceSchema = z.discriminatedUnion("kind", [kafka, nats]);
export type CommandSourceSettings = z.infer<typeof commandSourceSchema>;
/** The settings of one kind of source. */
export type SourceSettingsOf<Kind extends CommandSourceSettings["kind"]> = Extract<
  CommandSourceSettings,
  { kind: Kind }
>;
