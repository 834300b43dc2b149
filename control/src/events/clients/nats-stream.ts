/** What NATS keeps of us: messages stored in a stream, one by one or a batch at a time, and the last of each subject. */
import {
  headersOf,
  isTooLarge,
  isUncertain,
  linkNats,
  type NatsLink,
  type NatsOptions,
  nanosOf,
  provideStream,
} from "./nats.ts";

export interface NatsMessage {
  subject: string;
  /** What the stream tells duplicates by. */
  id: string;
  contentType: string;
  text: string;
}

/** `unfit`: larger than the server or the stream takes. */
export type Stored = "stored" | "duplicate" | "unfit";

export interface NatsStream {
  /** Rejects where the server refuses, or no reply comes in time. */
  store(message: NatsMessage): Promise<Stored>;
  /**
   * Stores all of them, in one step and in order, or none and resolves to false: the server is older than 2.12, the
   * stream allows no atomic batches, one message does not fit, or it is stored already. Rejects where it is not known.
   */
  storeAll(messages: readonly NatsMessage[]): Promise<boolean>;
  /** Sends what no stream needs to keep; lost where that is not possible. */
  announce(message: NatsMessage): void;
  /** The text of the last message that the stream has of a subject; null where it has none. */
  last(subject: string): Promise<string | null>;
  /** How long the stream keeps what it has: Infinity without an end, 0 where other messages can push it out earlier. */
  readonly keepsMs: number;
  /** Settles with the reason once the connection has gone, never rejects. */
  readonly closed: Promise<Error>;
  close(): Promise<void>;
}

/**
 * How long a message id is remembered: a batch that was cut off is sent again within seconds, and what an outage delays
 * for longer is asked for by `last`.
 */
const duplicateWindowMs = 10 * 60_000;
/** What the headers of a message may take beside its text, at most. */
const headerBytes = 1024;
/** The server's own bound. */
const mostPerBatch = 1000;

/** `stream` is made where it is missing; where it is there, only subjects that it lacks are added. */
export function openNatsStream(
  options: NatsOptions,
  stream: { name: string; subjects: readonly string[] },
): Promise<NatsStream> {
  return linkNats(options, async (link) => {
    const config = await provideStream(link, {
      name: stream.name,
      subjects: [...stream.subjects],
      retention: "limits",
      discard: "old",
      duplicate_window: nanosOf(duplicateWindowMs),
      // Servers before 2.12 leave it out.
      allow_atomic: true,
    });
    return over(link, config);
  });
}

type StreamConfig = Awaited<ReturnType<typeof provideStream>>;

function over({ socket, manager, jetstream, timeoutMs, closed, close }: NatsLink, config: StreamConfig): NatsStream {
  const expect = { streamName: config.name };

  const fits = ({ text }: NatsMessage) => Buffer.byteLength(text) + headerBytes <= (socket.info?.max_payload ?? 0);

  return {
    async store(message) {
      try {
        const options = { msgID: message.id, headers: described(message), timeout: timeoutMs, expect };
        const { duplicate } = await jetstream.publish(message.subject, message.text, options);
        return duplicate ? "duplicate" : "stored";
      } catch (error) {
        if (isTooLarge(error)) return "unfit";
        throw error;
      }
    },
    async storeAll(messages) {
      const [first, ...rest] = messages;
      const last = rest.pop();
      if (config.allow_atomic !== true || first === undefined || last === undefined) return false;
      if (messages.length > mostPerBatch || !messages.every(fits)) return false;
      try {
        const options = { msgID: first.id, headers: described(first), timeout: timeoutMs, expect };
        const batch = await jetstream.startBatch(first.subject, first.text, options);
        for (const message of rest) batch.add(message.subject, message.text, { headers: identified(message) });
        await batch.commit(last.subject, last.text, { headers: identified(last), timeout: timeoutMs });
        return true;
      } catch (error) {
        if (isUncertain(error)) throw error;
        return false;
      }
    },
    announce(message) {
      try {
        if (fits(message)) socket.publish(message.subject, message.text, { headers: described(message) });
      } catch {
        // The connection closes: `closed` tells.
      }
    },
    async last(subject) {
      const message = await manager.streams.getMessage(config.name, { last_by_subj: subject });
      return message === null ? null : message.string();
    },
    keepsMs: keptMs(config),
    closed,
    close,
  };
}

const described = ({ contentType }: NatsMessage) => headersOf({ "Content-Type": contentType });
const identified = ({ contentType, id }: NatsMessage) => headersOf({ "Content-Type": contentType, "Nats-Msg-Id": id });

function keptMs({ retention, max_msgs, max_bytes, max_age }: StreamConfig): number {
  if (retention !== "limits" || max_msgs > 0 || max_bytes > 0) return 0;
  return max_age > 0 ? max_age / 1_000_000 : Number.POSITIVE_INFINITY;
}
