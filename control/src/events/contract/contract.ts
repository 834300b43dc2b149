/** All that consumers and senders rely on, as data: the JSON Schema of every event and command, and every address. */
import { z } from "zod";
import { dataSchemas, eventNames, isEphemeral, type StreamName, streamOf } from "../catalogue.ts";
import { commandEnvelopeSchema, commandNames, commandSchemas } from "../commands.ts";
import { cloudEventSchema } from "../envelope.ts";
import { channels } from "./channels.ts";

export type JsonSchema = z.core.JSONSchema.BaseSchema;

interface EventContract {
  class: "durable" | "ephemeral";
  stream: StreamName;
  data: JsonSchema;
}

export interface Contract {
  envelope: JsonSchema;
  events: Record<string, EventContract>;
  commandEnvelope: JsonSchema;
  commands: Record<string, { data: JsonSchema }>;
  /** By the channel's id. */
  addresses: Record<string, string>;
}

/**
 * `published` is what others check with: an event may have fields that its schema does not know, since v1 may gain some.
 * `closed` is what we hold ourselves to: every field is one that the schema has.
 */
export function exportContract(reading: "published" | "closed" = "published"): Contract {
  const schemaOf = (schema: z.ZodType): JsonSchema => {
    const { $schema: _, ...exported } = z.toJSONSchema(schema, {
      // AsyncAPI's own.
      target: "draft-7",
      io: reading === "published" ? "input" : "output",
      override: ({ jsonSchema }) => {
        plain(jsonSchema);
        if (reading === "published") openGrowing(jsonSchema);
        delete jsonSchema.growing;
      },
    });
    return exported;
  };
  const events = eventNames.map((name): [string, EventContract] => [
    name,
    {
      class: isEphemeral(name) ? "ephemeral" : "durable",
      stream: streamOf(name),
      data: schemaOf(dataSchemas[name]),
    },
  ]);
  return {
    envelope: schemaOf(cloudEventSchema),
    events: Object.fromEntries(events),
    commandEnvelope: schemaOf(commandEnvelopeSchema),
    commands: Object.fromEntries(commandNames.map((name) => [name, { data: schemaOf(commandSchemas[name]) }])),
    addresses: Object.fromEntries(Object.entries(channels).map(([id, { address }]) => [id, address])),
  };
}

/** Leaves out what zod says for JavaScript's sake. */
function plain(schema: JsonSchema): void {
  if (schema.maximum === Number.MAX_SAFE_INTEGER) delete schema.maximum;
  if (schema.minimum === Number.MIN_SAFE_INTEGER) delete schema.minimum;
  if (schema.format === "date-time") delete schema.pattern;
  // Not a format of JSON Schema, which has contentEncoding.
  if (schema.format === "base64") delete schema.format;
}

/** A list of values that later versions add to is told, but nothing is refused by it. */
function openGrowing(schema: JsonSchema): void {
  if (schema.growing !== true) return;
  schema["x-extensible-enum"] = schema.enum;
  delete schema.enum;
}
