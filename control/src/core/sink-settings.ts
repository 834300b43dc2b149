/** The settings of the sinks that `events.sinks` lists: every bus beside Redis that gets the events. */
import { z } from "zod";

/** `*` stands for any characters: `transcription.*`, `*.failed`, `*`. */
export const eventPattern = z
  .string()
  .regex(/^[a-z_.*]{1,100}$/, "must be an event name such as transcription.completed, in which * stands for anything");

export const sinkName = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, "must be 1 to 64 letters, digits, '.', '_' or '-'");

/** What every sink can be told. */
const common = {
  /** Unique among the sinks; the kind where it is left out. Its place in the spool is kept under this name. */
  name: sinkName.optional(),
  /** Names of the events that it gets. */
  types: z.array(eventPattern).min(1).default(["*"]),
  /** Whether work is refused, rather than events dropped, once the spool is full of what this sink has not taken. */
  required: z.boolean().default(false),
};

const url = (example: string, ...protocols: string[]) =>
  z.string().refine((text) => protocols.includes(URL.parse(text)?.protocol ?? ""), `must be a URL such as ${example}`);

const secret = z.string().min(1);
const wait = z.number().positive().max(2_147_483);

/** How a Kafka cluster is reached. */
export const kafkaCluster = {
  /** `host:port` of one broker or more, to find the others by. */
  brokers: z.array(z.string().regex(/^[^\s:]+:[0-9]{1,5}$|^\[[^\s\]]+\]:[0-9]{1,5}$/, "must be host:port")).min(1),
  tls: z.boolean().default(false),
  sasl: z
    .strictObject({
      mechanism: z.enum(["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]),
      username: z.string().min(1),
      password: secret,
    })
    .optional(),
  timeout_s: wait.default(10),
};

const kafka = z.strictObject({
  kind: z.literal("kafka"),
  ...common,
  ...kafkaCluster,
  /** Topics are `<prefix>.transcription.v1`, `.system.v1` and `.benchmark.v1`. */
  topic_prefix: sinkName.default("humhelix"),
});

const webhook = z.strictObject({
  kind: z.literal("webhook"),
  ...common,
  url: url("https://example.org/hook", "http:", "https:"),
  /** Signs by Standard Webhooks: `whsec_` and base64 of 24 to 64 random bytes. Without it nothing is signed. */
  secret: z.string().refine(isSigningSecret, "must be whsec_ and base64 of 24 to 64 bytes, padded by =").optional(),
  /** Sent with every request, such as an authorization. */
  headers: z
    .record(
      z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/, "must be the name of an HTTP header"),
      z.string().regex(/^[\t\x20-\x7e]*$/, "must be one line of ASCII"),
    )
    .default({}),
  /** Most requests at a time; those of one partition key still go one after another. */
  max_in_flight: z.int().min(1).max(256).default(64),
  timeout_s: wait.default(15),
});

const file = z.strictObject({
  kind: z.literal("file"),
  ...common,
  /** JSON lines; rotated files stand beside it, with a number behind the name. */
  path: z.string().min(1),
  max_bytes: z
    .int()
    .min(1024)
    .default(64 * 1024 * 1024),
  /** Files kept, the current one included. */
  max_files: z.int().min(1).max(10_000).default(8),
});

const stdout = z.strictObject({ kind: z.literal("stdout"), ...common });

/** How NATS servers are reached. */
export const natsServers = {
  servers: z.array(url("nats://127.0.0.1:4222", "nats:", "tls:")).min(1),
  user: z.string().min(1).optional(),
  password: secret.optional(),
  token: secret.optional(),
  timeout_s: wait.default(5),
};

export const natsStream = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);

const nats = z.strictObject({
  kind: z.literal("nats"),
  ...common,
  ...natsServers,
  /** The JetStream stream that keeps the events; made where it is missing. */
  stream: natsStream.default("HUMHELIX"),
  subject_prefix: sinkName.default("humhelix.v1"),
});

const mqtt = z.strictObject({
  kind: z.literal("mqtt"),
  ...common,
  url: url("mqtt://127.0.0.1:1883", "mqtt:", "mqtts:", "ws:", "wss:"),
  username: z.string().min(1).optional(),
  password: secret.optional(),
  topic_prefix: z
    .string()
    .regex(/^[^#+\s]{1,100}$/)
    .default("humhelix"),
  /** Home Assistant's discovery prefix; null announces nothing. */
  discovery_prefix: z
    .string()
    .regex(/^[^#+\s]{1,100}$/)
    .nullable()
    .default("homeassistant"),
  timeout_s: wait.default(5),
});

const amqp = z.strictObject({
  kind: z.literal("amqp"),
  ...common,
  url: url("amqp://user:password@127.0.0.1:5672", "amqp:", "amqps:"),
  /** A topic exchange; made where it is missing. */
  exchange: z.string().min(1).max(127).default("humhelix.events"),
  timeout_s: wait.default(5),
});

function isSigningSecret(text: string): boolean {
  const base64 = /^whsec_(.+)$/.exec(text)?.[1] ?? "";
  const bytes = Buffer.from(base64, "base64");
  return bytes.byteLength >= 24 && bytes.byteLength <= 64 && bytes.toString("base64") === base64;
}

export const sinkSettingsSchema = z.discriminatedUnion("kind", [kafka, webhook, file, stdout, nats, mqtt, amqp]);
export type SinkSettings = z.infer<typeof sinkSettingsSchema>;
export type SinkKind = SinkSettings["kind"];
/** The settings of one kind of sink. */
export type SettingsOf<Kind extends SinkKind> = Extract<SinkSettings, { kind: Kind }>;
