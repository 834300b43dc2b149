/** Commands from NATS: a durable pull consumer of a work-queue stream, which all nodes of a group share. */
import { headersOf, linkNats, type NatsLink, type NatsOptions, nanosOf, provideStream } from "./nats.ts";

/** A command as the server gave it to this node. It is given to another one `ackWaitMs` after the last sign of life. */
export interface NatsCommand {
  /** Names it in its stream. */
  key: string;
  text: string;
  /** When the server took it, in milliseconds since the epoch. */
  sentMs: number;
  /** Times that it was given to a node, this one included. */
  deliveries: number;
  /** A sign of life. */
  working(): void;
  /** It is done with, and leaves the stream; resolves once the server knows. */
  ack(): Promise<void>;
  /** Lets another node begin it, after `delayMs`. */
  nak(delayMs?: number): void;
  /** It is done with, and kept on `<subject>.dead`; resolves once the server has it there. */
  setAside(reason: string): Promise<void>;
}

/** All of it rejects where the server refuses, or no reply comes in time. */
export interface NatsCommands {
  /** Resolves as soon as there are any, with at most `limit`, and with none where none came within `waitMs`. */
  take(limit: number): Promise<NatsCommand[]>;
  /** Hears what comes in, whichever node is given it; what came while there was no connection is not told. */
  follow(listener: (text: string) => void): void;
  /** Commands that no node has been given. */
  waiting(): Promise<number>;
  /** Settles with the reason once the connection has gone, never rejects. */
  readonly closed: Promise<Error>;
  close(): Promise<void>;
}

export interface NatsCommandsOptions extends NatsOptions {
  /** Made where it is missing: a work queue, so that what is done with takes no room. */
  stream: string;
  subject: string;
  /** Nodes of one group share the commands; a work queue has one group. */
  group: string;
  ackWaitMs: number;
  /** Times that a command is given to a node at most; -1 knows no end. */
  maxDeliveries: number;
  /** How long `take` waits, from a second on. */
  waitMs: number;
}

export function openNatsCommands(options: NatsCommandsOptions): Promise<NatsCommands> {
  const { stream, subject, group, ackWaitMs, maxDeliveries } = options;
  return linkNats(options, async (link) => {
    const subjects = [subject, deadSubject(subject)];
    await provideStream(link, { name: stream, subjects, retention: "workqueue", discard: "new" });
    // Made, or changed to these settings.
    await link.manager.consumers.add(stream, {
      durable_name: group,
      filter_subject: subject,
      ack_policy: "explicit",
      ack_wait: nanosOf(ackWaitMs),
      max_deliver: maxDeliveries,
      // Nodes bound themselves.
      max_ack_pending: -1,
    });
    return over(link, { ...options, consumer: await link.jetstream.consumers.get(stream, group) });
  });
}

const deadSubject = (subject: string) => `${subject}.dead`;

type Consumer = Awaited<ReturnType<NatsLink["jetstream"]["consumers"]["get"]>>;
type Message = NonNullable<Awaited<ReturnType<Consumer["next"]>>>;

function over(link: NatsLink, options: NatsCommandsOptions & { consumer: Consumer }): NatsCommands {
  const { socket, jetstream, timeoutMs, closed, close } = link;
  const { consumer, subject, waitMs } = options;
  /** Of a request that goes on: commands that arrived since the last `take`. */
  const arrived: Message[] = [];
  let request: Promise<void> | null = null;
  let arrival = Promise.withResolvers<void>();

  /** Goes on until it has as many as were asked for, or `waitMs` is over. */
  async function ask(limit: number): Promise<void> {
    try {
      for await (const message of await consumer.fetch({ max_messages: limit, expires: waitMs })) {
        arrived.push(message);
        arrival.resolve();
      }
    } finally {
      request = null;
    }
  }

  const commandOf = (message: Message): NatsCommand => {
    const { timestampNanos, deliveryCount } = message.info;
    const acknowledge = async () => {
      const isKnown = await message.ackAck({ timeout: timeoutMs });
      if (!isKnown) throw new Error("the server did not take the acknowledgement of a command");
    };
    return {
      key: String(message.seq),
      text: message.string(),
      sentMs: Math.floor(timestampNanos / 1_000_000),
      deliveries: deliveryCount,
      working: () => message.working(),
      ack: acknowledge,
      nak: (delayMs) => message.nak(delayMs),
      async setAside(reason) {
        const headers = headersOf({ "Hum-Reason": reason, "Hum-Deliveries": String(deliveryCount) });
        const msgID = `dead-${message.seq}`;
        await jetstream.publish(deadSubject(subject), message.data, { msgID, headers, timeout: timeoutMs });
        await acknowledge();
      },
    };
  };

  return {
    async take(limit) {
      if (arrived.length === 0) {
        arrival = Promise.withResolvers();
        request ??= ask(limit);
        await Promise.race([request, arrival.promise]);
      }
      return arrived.splice(0, limit).map(commandOf);
    },
    follow(listener) {
      socket.subscribe(subject, {
        callback: (error, message) => {
          if (error === null) listener(message.string());
        },
      });
    },
    async waiting() {
      const { num_pending } = await consumer.info();
      return num_pending;
    },
    closed,
    close,
  };
}
