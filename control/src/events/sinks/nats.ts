/**
 * The NATS sink: events in a JetStream stream, each once and in order.
 *
 * Subjects are `<prefix>.<node>.<noun>.<verb>`; as dots part the tokens of a subject, those of a node's name become `_`.
 * A batch is stored whole or not at all; where that is not possible, each event waits for the one before it. So the
 * stream never has an event without its predecessors, and the last one of a source tells how far it came.
 */
import { z } from "zod";
import type { SettingsOf } from "../../core/sink-settings.ts";
import { toError } from "../../core/to-error.ts";
import { type EventName, eventNames, isEphemeral, streamOf } from "../catalogue.ts";
import { isRefusal } from "../clients/nats.ts";
import { type NatsMessage, type NatsStream, openNatsStream } from "../clients/nats-stream.ts";
import type { Delivery, SealedEvent, Sink } from "../sink.ts";
import type { SinkContext } from "./context.ts";

const durable = eventNames.filter((name) => !isEphemeral(name));

export function createNatsSink(settings: SettingsOf<"nats">, { node }: SinkContext): Sink {
  const { servers, user, password, token, subject_prefix: prefix } = settings;
  const own = `${prefix}.${node.replaceAll(".", "_")}`;
  const messageOf = ({ name, id, json }: SealedEvent): NatsMessage => ({
    subject: `${own}.${name}`,
    id,
    contentType: "application/cloudevents+json",
    text: json,
  });
  let remembersMs = 0;

  return {
    name: settings.name ?? settings.kind,
    get remembersMs() {
      return remembersMs;
    },
    async open(signal) {
      const [name, timeoutMs] = [`humhelix-${node}`, settings.timeout_s * 1000];
      const options = { servers, user, password, token, name, timeoutMs, signal };
      // Each by its name: ephemeral events are for whoever listens, and commands have a stream of their own.
      const subjects = durable.map((event) => `${prefix}.*.${event}`);
      const connection = await openNatsStream(options, { name: settings.stream, subjects });
      remembersMs = connection.keepsMs;
      const recall = (sources: readonly string[]) =>
        recallFrom(connection, { sources, subjectOf: (name) => `${own}.${name}` });
      return {
        ...(remembersMs > 0 ? { recall } : {}),
        deliver: (batch) => deliver(connection, batch.map(messageOf)),
        announce: (event) => connection.announce(messageOf(event)),
        closed: connection.closed,
        close: () => connection.close(),
      };
    },
    isRefusal,
  };
}

async function deliver(connection: NatsStream, messages: readonly NatsMessage[]): Promise<Delivery> {
  let delivered = 0;
  let duplicates = 0;
  try {
    if (await connection.storeAll(messages)) return { delivered: messages.length, duplicates, stopped: null };
    for (const message of messages) {
      const stored = await connection.store(message);
      if (stored === "unfit") {
        const reason = `${Buffer.byteLength(message.text)} bytes are more than the NATS server or its stream takes`;
        return { delivered, duplicates, stopped: { kind: "unfit", reason } };
      }
      delivered += 1;
      if (stored === "duplicate") duplicates += 1;
    }
    return { delivered, duplicates, stopped: null };
  } catch (thrown) {
    const error = toError(thrown);
    return { delivered, duplicates, stopped: { kind: "failed", error } };
  }
}

const storedSchema = z.object({
  source: z.string(),
  sequence: z.string().regex(/^[0-9]{16}$/),
  time: z.iso.datetime(),
});

interface Recalled {
  sources: readonly string[];
  subjectOf: (name: EventName) => string;
}

/**
 * The highest sequence among the last events of each name. Of each stream, only the source that told last is known: of
 * an older one, the last event of a name may have given way to the newer one's.
 */
async function recallFrom(connection: NatsStream, { sources, subjectOf }: Recalled) {
  const found = new Map<string, number>();
  for (const stream of new Set(sources.map((source) => source.slice(source.lastIndexOf("/") + 1)))) {
    const names = durable.filter((name) => streamOf(name) === stream);
    const texts = await Promise.all(names.map((name) => connection.last(subjectOf(name))));
    const lasts = texts.flatMap((text) => (text === null ? [] : storedSchema.parse(JSON.parse(text))));
    const source = lasts.toSorted((a, b) => Date.parse(a.time) - Date.parse(b.time)).at(-1)?.source;
    if (source === undefined || !sources.includes(source)) continue;
    found.set(
      source,
      Math.max(...lasts.filter((last) => last.source === source).map(({ sequence }) => Number(sequence))),
    );
  }
  return found;
}
