/** One connection to an MQTT 5 broker: the only importer of mqtt. It never reconnects; whoever opened it decides that. */
import { setTimeout as delay } from "node:timers/promises";
import { connect, ErrorWithReasonCode, type IConnackPacket, type MqttClient, ReasonCodes } from "mqtt";

export interface MqttMessage {
  topic: string;
  payload: string;
  /** Kept by the broker for whoever subscribes later. */
  retain?: boolean;
  contentType?: string;
  userProperties?: Record<string, string>;
}

export interface MqttConnection {
  /**
   * QoS 1. Resolves once the broker has it, or has called it too large; rejects where it refuses it, and where no reply
   * comes in time: then the connection has gone.
   */
  publish(message: MqttMessage): Promise<"taken" | "unfit">;
  /** QoS 0; lost where it cannot be sent. */
  announce(message: MqttMessage): void;
  /** Settles with the reason once the connection has gone, never rejects. */
  readonly closed: Promise<Error>;
  /** Waits for what is on its way, though not for long; the last will is not published. */
  close(): Promise<void>;
}

export interface MqttOptions {
  /** `mqtt:`, `mqtts:`, `ws:` or `wss:`, with or without credentials. */
  url: string;
  username?: string | undefined;
  password?: string | undefined;
  /** A second connection with the same id takes the first one's place. */
  clientId: string;
  /** Published by the broker when the connection breaks. */
  will: { topic: string; payload: string };
  /** Of the attempt to connect, and of every acknowledgement. */
  timeoutMs: number;
  /** Gives up the attempt to connect; has no effect afterwards. */
  signal: AbortSignal;
}

/** A peer that hangs is found within this and a half. */
const keepAliveS = 15;
const goodbyeMs = 300;
/** A broker that names no `receiveMaximum` may not be able to remember many more. */
const mostInFlight = 64;
const packetTooLarge = 149;
const sessionTakenOver = 142;

export async function connectMqtt(options: MqttOptions): Promise<MqttConnection> {
  const { url, username, password, clientId, will, timeoutMs, signal } = options;
  signal.throwIfAborted();
  const client = connect(url, {
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    clientId,
    protocolVersion: 5,
    // What was not acknowledged is offered by the spool again.
    clean: true,
    will: { ...will, payload: Buffer.from(will.payload), qos: 1, retain: true },
    keepalive: keepAliveS,
    connectTimeout: timeoutMs,
    reconnectPeriod: 0,
    queueQoSZero: false,
    resubscribe: false,
  });
  const closed = untilClosed(client);
  const giveUp = () => void client.end(true);
  signal.addEventListener("abort", giveUp);
  try {
    const connected = new Promise<IConnackPacket>((resolve) => client.once("connect", resolve));
    const refused = closed.then((error) => {
      signal.throwIfAborted();
      throw error;
    });
    return over({ client, closed, timeoutMs, connack: await Promise.race([connected, refused]) });
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

/** Settles with what the client called an error, or with the reason that the broker gave. */
function untilClosed(client: MqttClient): Promise<Error> {
  let cause: Error | null = null;
  client.on("error", (error) => {
    cause ??= plain(error);
    client.end(true);
  });
  client.on("disconnect", ({ reasonCode = 0 }) => {
    const hint =
      reasonCode === sessionTakenOver ? ": another client, perhaps a node of the same name, uses its id" : "";
    cause ??= new ErrorWithReasonCode(`the broker disconnects: ${nameOf(reasonCode)}${hint}`, reasonCode);
  });
  return new Promise((resolve) => {
    client.once("close", () => resolve(cause ?? new Error("the MQTT connection was closed")));
  });
}

const nameOf = (reasonCode: number) => ReasonCodes[reasonCode as keyof typeof ReasonCodes] || `reason ${reasonCode}`;

/** Several addresses of one name fail together, with an empty message. */
const plain = (error: Error): Error =>
  error instanceof AggregateError && error.errors[0] instanceof Error ? error.errors[0] : error;

interface Parts {
  client: MqttClient;
  closed: Promise<Error>;
  timeoutMs: number;
  connack: IConnackPacket;
}

function over({ client, closed, timeoutMs, connack }: Parts): MqttConnection {
  const { maximumPacketSize = Number.POSITIVE_INFINITY, receiveMaximum = mostInFlight } = connack.properties ?? {};
  const width = Math.min(receiveMaximum, mostInFlight);
  /** What to tell those that wait for an acknowledgement, should the connection go. */
  const waiting = new Set<(outcome: "taken" | "unfit" | Error) => void>();
  const queue: (() => void)[] = [];
  void closed.then((error) => {
    gone = error;
    const isKnown = isTooLarge(error) && waiting.size === 1;
    for (const settle of waiting) settle(isKnown ? "unfit" : error);
    for (const start of queue.splice(0)) start();
  });
  let gone: Error | null = null;
  let busy = 0;

  const turn = async () => {
    if (busy >= width) await new Promise<void>((resolve) => queue.push(resolve));
    busy += 1;
  };

  const acknowledged = (message: MqttMessage) =>
    new Promise<"taken" | "unfit">((resolve, reject) => {
      if (gone !== null) return reject(gone);
      const timer = setTimeout(() => {
        settle(new Error(`the broker acknowledged nothing for ${timeoutMs} ms`));
        client.end(true);
      }, timeoutMs);
      const settle = (outcome: "taken" | "unfit" | Error) => {
        clearTimeout(timer);
        waiting.delete(settle);
        if (outcome instanceof Error) reject(outcome);
        else resolve(outcome);
      };
      waiting.add(settle);
      client.publish(message.topic, message.payload, { qos: 1, ...rest(message) }, (error) => {
        if (!(error instanceof Error)) settle("taken");
        // Any other error is that the connection ends: `closed` knows more of it.
        else if (error instanceof ErrorWithReasonCode) settle(isTooLarge(error) ? "unfit" : error);
      });
    });

  return {
    async publish(message) {
      if (packetBytes(message) > maximumPacketSize) return "unfit";
      await turn();
      try {
        return await acknowledged(message);
      } finally {
        busy -= 1;
        queue.shift()?.();
      }
    },
    announce(message) {
      if (gone === null && packetBytes(message) <= maximumPacketSize) {
        client.publish(message.topic, message.payload, { qos: 0, ...rest(message) });
      }
    },
    closed,
    async close() {
      if (gone !== null) return;
      client.end();
      await Promise.race([closed, delay(goodbyeMs, undefined, { ref: false })]);
      if (gone === null) client.end(true);
    },
  };
}

const rest = ({ retain = false, contentType, userProperties }: MqttMessage) => ({
  retain,
  properties: {
    payloadFormatIndicator: true,
    ...(contentType === undefined ? {} : { contentType }),
    ...(userProperties === undefined ? {} : { userProperties }),
  },
});

/** No less than the packet takes: lengths stand in front of strings, and everything else is small. */
function packetBytes({ topic, payload, contentType = "", userProperties = {} }: MqttMessage): number {
  const texts = [topic, payload, contentType, ...Object.entries(userProperties).flat()];
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text) + 3, 24);
}

/**
 * Whether the broker has called a publication too large. Where the connection ends by that, it is only known which one
 * was meant if nothing else was on its way. MQTT has no such acknowledgement, but Mosquitto sends it, for what is
 * beyond its `message_size_limit`, and the client takes it for garbage.
 */
const isTooLarge = (error: Error): boolean =>
  error instanceof ErrorWithReasonCode ? error.code === packetTooLarge : error.message === "Invalid puback reason code";

/** Refusals that mend themselves: unspecified, out of order, unavailable, busy, shutting down, too many or too fast. */
const passing: ReadonlySet<number> = new Set([3, 128, 131, 136, 137, 139, 147, 150, 159]);

/** Whether trying again soon is pointless: the broker answered, and refused. */
export const isRefusal = (error: Error): boolean =>
  error instanceof ErrorWithReasonCode && error.code > 0 && !passing.has(error.code);
