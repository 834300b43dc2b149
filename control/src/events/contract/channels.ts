/** Where the events are on each bus, and where commands are read: AsyncAPI's channels and servers. */
import { type EventName, eventNames, isEphemeral, nounOf, streamNames, streamOf } from "../catalogue.ts";
import { type CommandName, commandNames, commandStream, deadCommandStream } from "../commands.ts";

type Bus = "http" | "redis" | "kafka" | "nats" | "mqtt" | "amqp" | "webhook";

interface Channel {
  server: Bus;
  title: string;
  description: string;
  /** As the configuration has it by default; in braces what depends on the node or the event. */
  address: string;
  /** As we see it: `receive` is what others send. */
  action: "send" | "receive";
  messages: readonly (EventName | CommandName)[];
  /** What is said in plain text, where there are no events. */
  words?: readonly string[];
  bindings?: Record<string, unknown>;
}

const answered =
  "Each command is carried out once, by one node; its answer is the events of the job, which have its id as `causationid`.";
const setAside =
  "What could not be read, and is of no schema then, or was begun again and again without an end; nothing reads it by itself.";

const durable = eventNames.filter((name) => !isEphemeral(name));

const streamChannels = streamNames.flatMap((stream): [string, Channel][] => {
  const messages = durable.filter((name) => streamOf(name) === stream);
  return [
    [
      `redis.${stream}`,
      {
        server: "redis",
        title: `The ${stream} stream in Redis`,
        description:
          "A stream whose entries have the fields `ce` (the event as JSON), `id`, `type` and `key` (the partition key). " +
          "Every event is in it once, in the order of `sequence`; entries are trimmed by age.",
        address: `{humhelix}:events:v1:${stream}`,
        action: "send",
        messages,
      },
    ],
    [
      `kafka.${stream}`,
      {
        server: "kafka",
        title: `The ${stream} topic in Kafka`,
        description: "The record's key is the partition key, by which Kafka keeps events in order.",
        address: `humhelix.${stream}.v1`,
        action: "send",
        messages,
        bindings: { kafka: { topic: `humhelix.${stream}.v1`, bindingVersion: "0.5.0" } },
      },
    ],
  ];
});

export const channels: Readonly<Record<string, Channel>> = {
  http: {
    server: "http",
    title: "Server-sent events over HTTP",
    description:
      "From the node itself, without a bus: with `Accept: text/event-stream` or `?stream=true` all that comes, otherwise " +
      "a page of what is kept. `after`, or the header Last-Event-ID, says behind which event to begin, `type` which " +
      "events, `job` of which job. Ephemeral events have no id.",
    address: "/v1/events",
    action: "send",
    messages: eventNames,
    bindings: { http: { bindingVersion: "0.3.0" } },
  },
  ...Object.fromEntries(streamChannels),
  "redis.mirror": {
    server: "redis",
    title: "The pub/sub mirror in Redis",
    description:
      "The same JSON for whoever listens, ephemeral events too. Nothing is kept: what a subscriber misses is in the streams.",
    address: "humhelix.events.{noun}.{verb}",
    action: "send",
    messages: eventNames,
  },
  "redis.commands": {
    server: "redis",
    title: "Commands to the node, in Redis",
    description: `A stream whose entries have the field \`ce\` (the command as JSON). Nodes of one group share them. ${answered}`,
    address: commandStream,
    action: "receive",
    messages: commandNames,
  },
  "redis.commands.dead": {
    server: "redis",
    title: "Commands that were set aside, in Redis",
    description: `A stream whose entries have the fields \`ce\`, \`reason\`, \`entry\` and \`deliveries\`. ${setAside}`,
    address: deadCommandStream,
    action: "send",
    messages: commandNames,
  },
  "kafka.commands": {
    server: "kafka",
    title: "Commands to the node, in Kafka",
    description: `Nodes of one consumer group share them. Where the configuration lists a source of kind kafka. ${answered}`,
    address: "humhelix.commands.v1",
    action: "receive",
    messages: commandNames,
  },
  "kafka.commands.dead": {
    server: "kafka",
    title: "Commands that were set aside, in Kafka",
    description: setAside,
    address: "humhelix.dlq.v1",
    action: "send",
    messages: commandNames,
  },
  "nats.commands": {
    server: "nats",
    title: "Commands to the node, in NATS",
    description: `Nodes of one durable consumer share them. Where the configuration lists a source of kind nats. ${answered}`,
    address: "humhelix.v1.commands",
    action: "receive",
    messages: commandNames,
  },
  "nats.commands.dead": {
    server: "nats",
    title: "Commands that were set aside, in NATS",
    description: setAside,
    address: "humhelix.v1.commands.dead",
    action: "send",
    messages: commandNames,
  },
  nats: {
    server: "nats",
    title: "Subjects in NATS",
    description:
      "Durable events are kept by a JetStream stream; ephemeral ones are for whoever listens. A dot in a node's name is `_`.",
    address: "humhelix.v1.{node}.{noun}.{verb}",
    action: "send",
    messages: eventNames,
  },
  mqtt: {
    server: "mqtt",
    title: "Topics in MQTT 5",
    description: "Durable events with QoS 1. MQTT keeps none of them for whoever has no session.",
    address: "humhelix/{node}/{noun}/{verb}",
    action: "send",
    messages: eventNames,
  },
  "mqtt.availability": {
    server: "mqtt",
    title: "Whether a node is there, in MQTT 5",
    description: "Retained. The broker itself says `offline` of a node that vanished, by its last will.",
    address: "humhelix/{node}/availability",
    action: "send",
    messages: [],
    words: ["online", "offline"],
  },
  amqp: {
    server: "amqp",
    title: "Routing keys in AMQP 0-9-1",
    description: "Bind a queue of your own to the topic exchange: `transcription.*`, `*.failed`, `#`.",
    address: "{noun}.{verb}",
    action: "send",
    messages: eventNames,
    bindings: {
      amqp: {
        is: "routingKey",
        exchange: { name: "humhelix.events", type: "topic", durable: true, autoDelete: false },
        bindingVersion: "0.3.0",
      },
    },
  },
  webhook: {
    server: "webhook",
    title: "Requests to a webhook",
    description: "One POST for each event, signed by Standard Webhooks. Any status from 200 to 299 takes it.",
    address: "/{path}",
    action: "send",
    messages: durable,
    bindings: { http: { bindingVersion: "0.3.0" } },
  },
};

const parts = [...new Set(eventNames.map(nounOf))];
const verbs = [...new Set(eventNames.map((name) => name.slice(nounOf(name).length + 1)))];

/** What the braces of an address stand for. */
const parameters = {
  humhelix: {
    description: "Itself, braces and all: Redis Cluster's hash tag, which keeps the keys on one shard.",
    enum: ["{humhelix}"],
    default: "{humhelix}",
  },
  node: {
    description: "The node's name in its configuration; `local` unless it is set.",
    examples: ["studio"],
  },
  noun: { description: "What the event is about.", enum: parts },
  verb: { description: "What happened.", enum: verbs },
  path: { description: "As configured.", examples: ["hooks/transcripts"] },
};

/** The parameters in `address`, as AsyncAPI wants them declared. */
export function parametersOf(address: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(parameters).filter(([name]) => address.includes(`{${name}}`)));
}

const variables = (port: string) => ({
  host: { description: "Where it runs.", default: "127.0.0.1" },
  port: { description: "Where it listens.", default: port },
});

const server = (protocol: string, more: { port: string; description: string; protocolVersion?: string }) => {
  const { port, ...rest } = more;
  return { host: "{host}:{port}", protocol, ...rest, variables: variables(port) };
};

export const servers: Readonly<Record<Bus, Record<string, unknown>>> = {
  http: server("http", {
    port: "8000",
    description: "The node itself. Where it has an API key, requests carry it as `Authorization: Bearer <key>`.",
  }),
  redis: server("redis", {
    port: "6379",
    description:
      "The contract: every node has one. Unless the configuration names one, the node starts its own, on a port and with " +
      "a password that its banner shows.",
  }),
  kafka: server("kafka", { port: "9092", description: "Where the configuration lists a sink of kind kafka." }),
  nats: server("nats", { port: "4222", description: "Where the configuration lists a sink of kind nats." }),
  mqtt: server("mqtt", {
    port: "1883",
    protocolVersion: "5.0",
    description: "Where the configuration lists a sink of kind mqtt.",
  }),
  amqp: server("amqp", {
    port: "5672",
    protocolVersion: "0.9.1",
    description: "Where the configuration lists a sink of kind amqp.",
  }),
  webhook: server("https", {
    port: "443",
    description: "Yours, where the configuration lists a sink of kind webhook.",
  }),
};
