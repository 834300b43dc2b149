/** One connection to an AMQP 0-9-1 broker such as RabbitMQ: the only importer of rabbitmq-client. It never reconnects; whoever opened it decides that. */
import type { TcpSocketConnectOpts } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { AMQPError, type Channel, Connection } from "rabbitmq-client";
import { toError } from "../../core/to-error.ts";

export interface AmqpMessage {
  routingKey: string;
  body: string;
  contentType: string;
  messageId: string;
  type: string;
  wallMs: number;
  headers: Record<string, string>;
  /** Kept on disk by queues that are. */
  persistent: boolean;
}

export interface AmqpConnection {
  /** Resolves once the broker has taken responsibility; rejects where it has not, and where no confirm comes in time. */
  publish(message: AmqpMessage): Promise<void>;
  /** Settles with the reason once the connection has gone, never rejects. */
  readonly closed: Promise<Error>;
  /** Waits for what is on its way, though not for long. */
  close(): Promise<void>;
}

export interface AmqpOptions {
  /** `amqp:` or `amqps:`. */
  url: string;
  /** Shown by the broker's management. */
  name: string;
  /** A durable topic exchange; made where it is missing. */
  exchange: string;
  /** Of the attempt to connect, and of every confirm. */
  timeoutMs: number;
  /** Gives up the attempt to connect; has no effect afterwards. */
  signal: AbortSignal;
}

/** A peer that hangs is found within twice as long. */
const heartbeatS = 10;
const goodbyeMs = 300;
/**
 * The client reads as many bytes at once as a frame's header says, which is any number where something else than a broker
 * answers; for more than the mark, and than 1 GiB, Node throws where nobody can catch it, and the process would end.
 */
const readAtOnce = { highWaterMark: 2 ** 32 };

export async function connectAmqp(options: AmqpOptions): Promise<AmqpConnection> {
  const { url, name, exchange, timeoutMs, signal } = options;
  signal.throwIfAborted();
  const connection = new Connection({
    url,
    connectionName: name,
    connectionTimeout: timeoutMs,
    acquireTimeout: timeoutMs,
    heartbeat: heartbeatS,
    noDelay: true,
    // Its type asks for the port too, which the URL has.
    socket: readAtOnce as unknown as TcpSocketConnectOpts,
  });
  const gone = Promise.withResolvers<Error>();
  const giveUp = (error: Error) => {
    // The client would go on trying.
    connection.unsafeDestroy();
    gone.resolve(plain(error));
  };
  connection.on("error", giveUp);
  const timer = setTimeout(() => giveUp(new Error(`the broker did not answer within ${timeoutMs} ms`)), timeoutMs);
  const abort = () => giveUp(signal.reason);
  signal.addEventListener("abort", abort);
  try {
    const failed = gone.promise.then((error) => Promise.reject(error));
    const channel = await Promise.race([openChannel(connection, exchange), failed]);
    failed.catch(() => undefined);
    return over({ connection, channel, exchange, timeoutMs, giveUp, closed: gone.promise });
  } catch (error) {
    giveUp(toError(error));
    throw await gone.promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", abort);
  }
}

async function openChannel(connection: Connection, exchange: string): Promise<Channel> {
  const channel = await connection.acquire({ emitErrorsFromChannel: true });
  await channel.exchangeDeclare({ exchange, type: "topic", durable: true });
  await channel.confirmSelect();
  return channel;
}

/** Several addresses of one name fail together, with an empty message. */
const plain = (error: Error): Error =>
  error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error;

interface Parts {
  connection: Connection;
  channel: Channel;
  exchange: string;
  timeoutMs: number;
  giveUp: (error: Error) => void;
  closed: Promise<Error>;
}

function over({ connection, channel, exchange, timeoutMs, giveUp, closed }: Parts): AmqpConnection {
  let blocked: string | null = null;
  connection.on("connection.blocked", (reason) => {
    blocked = reason;
  });
  connection.on("connection.unblocked", () => {
    blocked = null;
  });
  channel.on("error", giveUp);
  // Later than the publication that it is told to.
  channel.on("close", () => setImmediate(giveUp, new Error("the broker closed the channel")));

  return {
    async publish({ body, contentType, messageId, type, wallMs, headers, routingKey, persistent }) {
      const envelope = {
        ...{ exchange, routingKey, contentType, messageId, type, headers, durable: persistent },
        timestamp: Math.floor(wallMs / 1000),
        appId: "hum-helix",
      };
      const timer = setTimeout(() => {
        const why = blocked === null ? "" : `: it blocks publishers, as it is short of ${blocked}`;
        giveUp(new Error(`the broker confirmed nothing for ${timeoutMs} ms${why}`));
      }, timeoutMs);
      try {
        await channel.basicPublish(envelope, Buffer.from(body));
      } catch (error) {
        // What ends the channel is told to the first publication only.
        if (!channel.active) giveUp(toError(error));
        throw channel.active ? error : await closed;
      } finally {
        clearTimeout(timer);
      }
    },
    closed,
    async close() {
      const farewell = channel.close().then(() => connection.close());
      await Promise.race([farewell.catch(() => undefined), delay(goodbyeMs, undefined, { ref: false })]);
      giveUp(new Error("the AMQP connection was closed"));
    },
  };
}

/** Refusals that mend themselves, or speak of one message: a full queue, a broker that ends, one short of something. */
const refusals: ReadonlySet<string> = new Set([
  ...["ACCESS_REFUSED", "NOT_ALLOWED", "PRECONDITION_FAILED", "INVALID_PATH", "COMMAND_INVALID", "NOT_IMPLEMENTED"],
]);

/** Whether trying again soon is pointless: the broker answered, and refused. */
export const isRefusal = (error: Error): boolean => error instanceof AMQPError && refusals.has(error.code);

/** The size, in bytes, beyond which the broker takes no message, where it closed the connection for that; else null. */
export function sizeLimitOf(error: Error): number | null {
  const limit = /larger than configured max size ([0-9]+)/.exec(error.message)?.[1];
  return limit === undefined ? null : Number(limit);
}
