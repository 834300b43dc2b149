/** A connection to NATS with JetStream: the only importer of @nats-io. It never reconnects; whoever opened it decides that. */
import {
  JetStreamApiCodes,
  JetStreamApiError,
  jetstream,
  jetstreamManager,
  type StreamConfig,
} from "@nats-io/jetstream";
import { connect, errors, headers, type NatsConnection, nanos } from "@nats-io/transport-node";

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
  /** Gives up the attempt to connect; has no effect afterwards. */
  signal: AbortSignal;
}

export type NatsLink = Awaited<ReturnType<typeof connectNats>>;

/** Connects and makes ready: `prepare` is given up with the attempt. */
export async function linkNats<Ready>(
  options: NatsOptions,
  prepare: (link: NatsLink) => Promise<Ready>,
): Promise<Ready> {
  const { signal } = options;
  const link = await connectNats(options);
  const giveUp = () => void link.close();
  signal.addEventListener("abort", giveUp);
  try {
    return await prepare(link);
  } catch (error) {
    await link.close();
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

async function connectNats(options: NatsOptions) {
  const { timeoutMs } = options;
  const socket = await dial(options);
  return {
    socket,
    manager: await jetstreamManager(socket, { checkAPI: false, timeout: timeoutMs }),
    jetstream: jetstream(socket, { timeout: timeoutMs }),
    timeoutMs,
    /** Settles with the reason once the connection has gone, never rejects. */
    closed: socket.closed().then((error) => (error instanceof Error ? error : new Error("NATS closed the connection"))),
    close: () => socket.close(),
  };
}

async function dial(options: NatsOptions): Promise<NatsConnection> {
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

type StreamWish = Pick<StreamConfig, "name" | "subjects"> & Partial<StreamConfig>;

/** Makes a stream where it is missing; where it is there, only subjects that it lacks are added. */
export async function provideStream({ manager }: NatsLink, wish: StreamWish): Promise<StreamConfig> {
  const { name, subjects } = wish;
  try {
    const { config } = await manager.streams.info(name);
    const missing = subjects.filter((subject) => !config.subjects.some((pattern) => covers(pattern, subject)));
    if (missing.length === 0) return config;
    return (await manager.streams.update(name, { subjects: [...config.subjects, ...missing] })).config;
  } catch (error) {
    if (!(error instanceof JetStreamApiError && error.code === JetStreamApiCodes.StreamNotFound)) throw error;
  }
  return (await manager.streams.add({ ...wish, storage: "file", allow_direct: true })).config;
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

export function headersOf(fields: Record<string, string>) {
  const made = headers();
  for (const [name, value] of Object.entries(fields)) made.set(name, value);
  return made;
}

export const nanosOf = (ms: number): number => nanos(ms);

/** Whether the server may have done what it did not answer. */
export const isUncertain = (error: unknown): boolean =>
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

/** Whether a message is larger than the server's `max_payload`, which the client itself refuses, or than its stream takes. */
export const isTooLarge = (error: unknown): boolean =>
  error instanceof errors.InvalidArgumentError || (error instanceof JetStreamApiError && error.code === tooLarge);

const tooLarge = 10054;
/** The stream cannot store it, such as one that is full and discards what is new; no room left on the server. */
const full: ReadonlySet<number> = new Set([10077, 10047]);
