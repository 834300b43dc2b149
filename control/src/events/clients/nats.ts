/** One connection to NATS with JetStream: the only importer of @nats-io. It never reconnects; whoever opened it decides that. */
import {
  DiscardPolicy,
  JetStreamApiCodes,
  JetStreamApiError,
  type JetStreamManager,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type StreamConfig,
} from "@nats-io/jetstream";
import { connect, errors, headers, nanos, type NatsConnection as Socket } from "@nats-io/transport-node";

export interface NatsMessage {
  subject: string;
  /** What the stream tells duplicates by. */
  id: string;
  contentType: string;
  text: string;
}

/** `unfit`: larger than the server or the stream takes. */
export type Stored = "stored" | "duplicate" | "unfit";

export interface NatsConnection {
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

export interface NatsOptions {
  /** Tried one after another, in any order; credentials in a URL are used where there are none beside it. */
  servers: readonly string[];
  user?: string | undefined;
  password?: string | undefined;
  token?: string | undefined;
  /** Shown by the server's monitoring. */
  name: string;
  /** Of an attempt to connect to one server, and of every request. */
  timeoutMs: number;
  /** Made where it is missing; where it is there, only subjects that it lacks are added. */
  stream: { name: string; subjects: readonly string[] };
  /** Gives up the attempt to connect; has no effect afterwards. */
  signal: AbortSignal;
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
const tooLarge = 10054;
/** The stream cannot store it, such as one that is full and discards what is new; no room left on the server. */
const full: ReadonlySet<number> = new Set([10077, 10047]);

export async function connectNats(options: NatsOptions): Promise<NatsConnection> {
  const { timeoutMs, signal, stream } = options;
  const socket = await dial(options);
  const giveUp = () => void socket.close();
  signal.addEventListener("abort", giveUp);
  try {
    const manager = await jetstreamManager(socket, { checkAPI: false, timeout: timeoutMs });
    const config = await provideStream(manager, stream);
    return over({ socket, manager, config, timeoutMs });
  } catch (error) {
    await socket.close();
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

async function dial(options: NatsOptions): Promise<Socket> {
  const { servers, name, timeoutMs, signal } = options;
  signal.throwIfAborted();
  const attempt = connect({
    servers: [...servers],
    ...credentialsOf(options),
    ...(servers.some((server) => server.startsWith("tls:")) ? { tls: {} } : {}),
    name,
    timeout: timeoutMs,
    reconnect: false,
    noAsyncTraces: true,
    // A peer that hangs is found within this and a half.
    pingInterval: 10_000,
    maxPingOut: 2,
  });
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", abort);
  try {
    return await Promise.race([attempt, aborted.promise]);
  } catch (error) {
    attempt.then((late) => late.close()).catch(() => undefined);
    throw error;
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** The client itself overlooks what stands in a URL. */
function credentialsOf({ servers, user, password, token }: NatsOptions) {
  const given = { user, pass: password, token };
  const [url] = servers.map((server) => new URL(server)).filter(({ username }) => username !== "");
  if (user === undefined && token === undefined && url !== undefined) {
    const [first, second] = [decodeURIComponent(url.username), decodeURIComponent(url.password)];
    return second === "" ? { token: first } : { user: first, pass: second };
  }
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

async function provideStream(manager: JetStreamManager, { name, subjects }: NatsOptions["stream"]) {
  try {
    const { config } = await manager.streams.info(name);
    const missing = subjects.filter((subject) => !config.subjects.some((pattern) => covers(pattern, subject)));
    if (missing.length === 0) return config;
    return (await manager.streams.update(name, { subjects: [...config.subjects, ...missing] })).config;
  } catch (error) {
    if (!(error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound)) throw error;
  }
  const made = await manager.streams.add({
    name,
    subjects: [...subjects],
    retention: RetentionPolicy.Limits,
    discard: DiscardPolicy.Old,
    storage: StorageType.File,
    duplicate_window: nanos(duplicateWindowMs),
    allow_direct: true,
    // Servers before 2.12 leave it out.
    allow_atomic: true,
  });
  return made.config;
}

/** Whether a stream that listens to `pattern` gets all of `subject`, which may hold `*` itself. */
function covers(pattern: string, subject: string): boolean {
  const [want, have] = [subject.split("."), pattern.split(".")];
  for (const [index, token] of have.entries()) {
    if (token === ">") return want.length > index;
    if (token !== "*" && token !== want[index]) return false;
  }
  return want.length === have.length;
}

interface Parts {
  socket: Socket;
  manager: JetStreamManager;
  config: StreamConfig;
  timeoutMs: number;
}

function over({ socket, manager, config, timeoutMs }: Parts): NatsConnection {
  const client = jetstream(socket, { timeout: timeoutMs });
  const expect = { streamName: config.name };

  const fits = ({ text }: NatsMessage) => Buffer.byteLength(text) + headerBytes <= (socket.info?.max_payload ?? 0);

  return {
    async store(message) {
      try {
        const options = { msgID: message.id, headers: headersOf(message), timeout: timeoutMs, expect };
        const { duplicate } = await client.publish(message.subject, message.text, options);
        return duplicate ? "duplicate" : "stored";
      } catch (error) {
        // Its own refusal to send more than the server's `max_payload`, or the stream's to store more than it may.
        if (error instanceof errors.InvalidArgumentError) return "unfit";
        if (error instanceof JetStreamApiError && error.code === tooLarge) return "unfit";
        throw error;
      }
    },
    async storeAll(messages) {
      const [first, ...rest] = messages;
      const last = rest.pop();
      if (config.allow_atomic !== true || first === undefined || last === undefined) return false;
      if (messages.length > mostPerBatch || !messages.every(fits)) return false;
      try {
        const options = { msgID: first.id, headers: headersOf(first), timeout: timeoutMs, expect };
        const batch = await client.startBatch(first.subject, first.text, options);
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
        if (fits(message)) socket.publish(message.subject, message.text, { headers: headersOf(message) });
      } catch {
        // The connection closes: `closed` tells.
      }
    },
    async last(subject) {
      const message = await manager.streams.getMessage(config.name, { last_by_subj: subject });
      return message === null ? null : message.string();
    },
    keepsMs: keptMs(config),
    closed: socket.closed().then((error) => (error instanceof Error ? error : new Error("NATS closed the connection"))),
    close: () => socket.close(),
  };
}

function headersOf({ contentType }: NatsMessage) {
  const made = headers();
  made.set("Content-Type", contentType);
  return made;
}

function identified(message: NatsMessage) {
  const made = headersOf(message);
  made.set("Nats-Msg-Id", message.id);
  return made;
}

function keptMs({ retention, max_msgs, max_bytes, max_age }: StreamConfig): number {
  if (retention !== RetentionPolicy.Limits || max_msgs > 0 || max_bytes > 0) return 0;
  return max_age > 0 ? max_age / 1_000_000 : Number.POSITIVE_INFINITY;
}

/** Whether the server may have done what it did not answer. */
const isUncertain = (error: unknown): boolean =>
  error instanceof errors.TimeoutError ||
  error instanceof errors.RequestError ||
  error instanceof errors.ClosedConnectionError ||
  error instanceof errors.ConnectionError;

/** Whether trying again soon is pointless: the server answered, and refused. */
export function isRefusal(error: Error): boolean {
  // 503 and its like: no leader yet, or out of resources for now.
  if (error instanceof JetStreamApiError) return error.status < 500 || full.has(error.code);
  return (
    error instanceof errors.AuthorizationError ||
    error instanceof errors.UserAuthenticationExpiredError ||
    error instanceof errors.PermissionViolationError ||
    error instanceof errors.InvalidArgumentError
  );
}
