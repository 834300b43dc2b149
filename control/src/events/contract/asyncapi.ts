/** The contract as an AsyncAPI 3 document: what proto/events/asyncapi.json holds and `/asyncapi.json` answers. */

import { type EventName, nounOf } from "../catalogue.ts";
import { type CommandName, commandTypeOf } from "../commands.ts";
import { dataSchemaOf, typeOf } from "../envelope.ts";
import { channels, parametersOf, servers } from "./channels.ts";
import { type Contract, exportContract, type JsonSchema } from "./contract.ts";

/** One example of an event or a command, as proto/events/examples has them. */
export interface Example {
  /** Of the event or command. */
  name: string;
  /** The file's name. */
  title: string;
  value: unknown;
}

/** The major is the `v1` of every type; the minor rises with what is added. */
const contractVersion = "1.0.0";

const contentType = "application/cloudevents+json";

const description = `Every event of a hum-helix node, and every command it takes, as CloudEvents 1.0 in structured JSON.

Durable events are kept until each bus has them, are delivered at least once, and in order for each partition key:
\`source\` and \`id\` together tell a duplicate, and a gap in \`sequence\` within a source tells a loss. Ephemeral events take
no number and may be dropped.

Within v1, events may gain fields, values where \`x-extensible-enum\` lists them, and types: ignore what you do not know.
Nothing is removed or changes its type.`;

export function buildAsyncApi(examples: readonly Example[]) {
  const contract = exportContract();
  const { envelope, commandEnvelope, events, commands } = contract;
  const entries = Object.entries({ ...events, ...commands });
  return {
    asyncapi: "3.0.0",
    id: "urn:humhelix:events:v1",
    info: {
      title: "hum-helix events",
      version: contractVersion,
      description,
      license: { name: "MIT" },
    },
    defaultContentType: contentType,
    servers,
    channels: mapValues(channels, ({ action: _, server, messages, words, ...channel }) => ({
      ...channel,
      servers: [ref("servers", server)],
      parameters: parametersOf(channel.address),
      messages: {
        ...Object.fromEntries(messages.map((name) => [name, ref("components", "messages", name)])),
        ...(words && { words: plainMessage(words) }),
      },
    })),
    operations: Object.fromEntries(
      Object.entries(channels).map(([id, { action, title, messages, words }]) => [
        `${action}.${id}`,
        {
          action,
          title,
          channel: ref("channels", id),
          messages: [...messages, ...(words ? ["words"] : [])].map((name) => ref("channels", id, "messages", name)),
        },
      ]),
    ),
    components: {
      messages: Object.fromEntries(entries.map(([name]) => [name, messageOf(name, { contract, examples })])),
      schemas: {
        envelope,
        "command-envelope": commandEnvelope,
        ...mapValues({ ...events, ...commands }, ({ data }) => data),
      },
    },
  };
}

function messageOf(name: string, { contract, examples }: { contract: Contract; examples: readonly Example[] }) {
  const event = contract.events[name];
  const data = (event ?? contract.commands[name])?.data;
  const type = event === undefined ? commandTypeOf(name as CommandName) : typeOf(name as EventName);
  const dataschema = event === undefined ? {} : { dataschema: { const: dataSchemaOf(name as EventName) } };
  return {
    name: type,
    title: name,
    summary: data?.description,
    tags: [{ name: nounOf(name as EventName) }, { name: event?.class ?? "command" }],
    contentType,
    correlationId: {
      description: "The request id, where there is one.",
      location: `$message.payload#/${event === undefined ? "data/request_id" : "correlationid"}`,
    },
    payload: {
      allOf: [
        ref("components", "schemas", event === undefined ? "command-envelope" : "envelope"),
        {
          type: "object",
          properties: { type: { const: type }, ...dataschema, data: ref("components", "schemas", name) },
          required: ["type", "data", ...sequenceOf(event?.class)],
        },
      ],
    },
    examples: examples
      .filter((example) => example.name === name)
      .map(({ title, value }) => ({ name: title, payload: value })),
  };
}

const plainMessage = (words: readonly string[]) => ({
  contentType: "text/plain",
  payload: { type: "string", enum: words },
  examples: words.map((payload) => ({ payload })),
});

const sequenceOf = (kind: "durable" | "ephemeral" | undefined) => (kind === "durable" ? ["sequence"] : []);

/** By the `dataschema` of its events, the schema of each one's data; and of both envelopes. */
export function buildSchemas(): Record<string, JsonSchema> {
  const { envelope, commandEnvelope, events, commands } = exportContract();
  const data = mapValues({ ...events, ...commands }, (entry) => entry.data);
  const all = { envelope, "command-envelope": commandEnvelope, ...data };
  return Object.fromEntries(
    Object.entries(all).map(([name, schema]) => [
      name,
      { $schema: "http://json-schema.org/draft-07/schema#", $id: `urn:humhelix:schema:${name}:v1`, ...schema },
    ]),
  );
}

/** JSON Pointer has its own mind about `/`, which no name of ours has. */
const ref = (...path: string[]) => ({ $ref: `#/${path.join("/")}` });

function mapValues<In, Out>(of: Readonly<Record<string, In>>, map: (value: In) => Out): Record<string, Out> {
  return Object.fromEntries(Object.entries(of).map(([key, value]) => [key, map(value)]));
}
