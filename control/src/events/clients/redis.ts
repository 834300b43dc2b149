/** One connection to Redis or Valkey: the only importer of ioredis. It never reconnects; whoever opened it decides that. */
import { readFileSync } from "node:fs";
import { Redis } from "ioredis";
import { HumError } from "../../core/errors.ts";
import {
  parseRedisUrl,
  type RedisAccount,
  type RedisAddress,
  type RedisTarget,
  type RedisTls,
} from "../../core/redis-url.ts";
import { toError } from "../../core/to-error.ts";
import type { RedisConnection } from "./redis-connection.ts";
import { askCluster, askSentinels, connectToMaster } from "./redis-location.ts";

export type { RedisConnection };

export interface RedisOptions {
  /** As core/redis-url.ts reads it. */
  url: string;
  /** Shown by CLIENT LIST. */
  name: string;
  commandTimeoutMs: number;
  connectTimeoutMs?: number;
  /** Gives up an attempt to connect; has no effect afterwards. */
  signal?: AbortSignal;
}

/**
 * A closed connection is never revived, so that no command is sent twice behind our back and none waits for a better day.
 * Where the URL names sentinels or a cluster, the server that has our keys now is asked for first; after a failover, or
 * once the keys have moved, the connection fails and a new one finds the new server.
 * Rejects with the root cause: the server's refusal where there was one, else the socket's error; for a URL that is none
 * with HumError `bad_request`.
 */
export async function connectRedis(options: RedisOptions): Promise<RedisConnection> {
  const parsed = parseRedisUrl(options.url);
  // Without the URL: it may hold a password.
  if (!parsed.ok) throw new HumError("bad_request", `the URL of Redis ${parsed.demand}`);
  const opened: RedisConnection[] = [];
  const giveUp = () => {
    for (const connection of opened) connection.close();
  };
  options.signal?.addEventListener("abort", giveUp);
  try {
    return await connectTarget(parsed.target, async (place, who) => {
      const connection = await connectTo(place, { ...options, ...who });
      opened.push(connection);
      return connection;
    });
  } finally {
    options.signal?.removeEventListener("abort", giveUp);
  }
}

/** Who we are at a server. */
interface Identity {
  account: RedisAccount;
  db: number;
  tls: RedisTls | null;
}

type Place = RedisAddress | { path: string };

async function connectTarget(
  target: RedisTarget,
  connectAs: (place: Place, who: Identity) => Promise<RedisConnection>,
): Promise<RedisConnection> {
  const { username, password, db } = target;
  const who = { account: { username, password }, db, tls: target.kind === "socket" ? null : target.tls };
  const connect = (place: Place) => connectAs(place, who);
  switch (target.kind) {
    case "socket":
      return connect({ path: target.path });
    case "server":
      return connect({ host: target.host, port: target.port });
    case "cluster":
      return connect(await askCluster(target.nodes, connect));
    case "sentinel": {
      const asOther = { ...who, account: target.sentinelAccount, db: 0 };
      const found = await askSentinels(target, (sentinel) => connectAs(sentinel, asOther));
      return connectToMaster(found, { master: target.master, connect });
    }
  }
}

async function connectTo(place: Place, options: RedisOptions & Identity): Promise<RedisConnection> {
  const redis = new Redis({
    ...place,
    ...options.account,
    db: options.db,
    ...(options.tls === null ? {} : { tls: tlsOf(options.tls) }),
    connectionName: options.name,
    commandTimeout: options.commandTimeoutMs,
    connectTimeout: options.connectTimeoutMs ?? 2_000,
    // A peer that hangs would not answer our goodbye.
    disconnectTimeout: 100,
    protocol: 2,
    lazyConnect: true,
    retryStrategy: null,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    // A server that still loads answers LOADING, which is a transient error like any other.
    enableReadyCheck: false,
    disableClientInfo: true,
  });
  let cause: Error | null = null;
  redis.on("error", (error: Error) => {
    cause ??= error;
  });
  const gone = Promise.withResolvers<Error>();
  redis.once("end", () => gone.resolve(cause ?? new Error("the connection was closed")));

  const close = (reason?: Error) => {
    cause ??= reason ?? null;
    if (redis.status !== "end") redis.disconnect();
  };
  const giveUp = () => close();
  options.signal?.addEventListener("abort", giveUp);
  try {
    options.signal?.throwIfAborted();
    await redis.connect();
  } catch (error) {
    close();
    throw cause ?? error;
  } finally {
    options.signal?.removeEventListener("abort", giveUp);
  }

  return {
    call: (command, ...args) => redis.call(command, ...args),
    pipeline: async (commands) => {
      const pipeline = redis.pipeline();
      for (const [command, ...args] of commands) pipeline.call(String(command), ...args);
      try {
        const replies = await pipeline.exec();
        return (replies ?? []).map(([error, value]) => (error ? { ok: false, error } : { ok: true, value }));
      } catch (thrown) {
        const error = toError(thrown);
        return commands.map(() => ({ ok: false, error }));
      }
    },
    async subscribe(channel, listener) {
      redis.on("message", (_channel, message) => listener(message));
      await redis.subscribe(channel);
    },
    closed: gone.promise,
    close,
  };
}

const tlsOf = ({ caFile }: RedisTls) => (caFile === null ? {} : { ca: readFileSync(caFile) });

/** Refusals that mend themselves within seconds: the server loads, fails over, or is busy with a script or has forgotten one. */
const passing = /^(LOADING|BUSY|NOSCRIPT|TRYAGAIN|CLUSTERDOWN|MASTERDOWN|NOREPLICAS)\b/;

/**
 * Whether trying again soon is pointless: the server answered and refused (WRONGPASS, NOAUTH, NOPERM, READONLY, OOM ...).
 * A connection that failed, broke or fell silent is transient.
 */
export function isFatal(error: Error): boolean {
  return error.name === "ReplyError" && !passing.test(error.message);
}

/** Whether another server than the one that answered is to be written to now: the mark of a failover, or of moved keys. */
export const isMoved = (error: Error): boolean => /^(READONLY|MOVED|ASK)\b/.test(error.message);

export const isMissingScript = (error: Error): boolean => error.message.startsWith("NOSCRIPT");
