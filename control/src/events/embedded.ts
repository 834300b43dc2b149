/** The embedded bus: a real Valkey of our own on loopback, that keeps its data, comes back, and dies with us. */
import { mkdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Config } from "../core/config.ts";
import type { Log } from "../core/log.ts";
import { type Child, spawnChild } from "../platform/child.ts";
import { childEnvironment } from "../platform/child-environment.ts";
import { connectRedis } from "./clients/redis.ts";
import {
  adminUrlOf,
  type Identity,
  readIdentity,
  subscriberUrlOf,
  writeIdentity,
  writeSecret,
} from "./embedded/identity.ts";
import { locateServer } from "./embedded/locate.ts";
import { serverSettings } from "./embedded/settings.ts";
import { retryDelayMs } from "./retry.ts";

export interface EmbeddedRedis {
  /** For ourselves, with every right: never shown. */
  readonly url: string;
  /** For subscribers: reads and consumer groups only. */
  readonly subscriberUrl: string;
  /** Of the server that runs now. */
  readonly pid: number | undefined;
  stop(): Promise<void>;
}

export interface EmbeddedOptions {
  config: Pick<Config, "data_dir" | "python" | "events">;
  /** Mode 0700; the socket of ours lies there. */
  runtimeDir: string;
  /** Holds the Python package hum_sidecar, whose tether ends the server when we die. */
  packageDir: string;
  log: Log;
}

/** Where `events tail` finds the subscriber's URL. */
export const urlFileOf = (dataDir: string) => join(dataDir, "redis.url");

const readyTimeoutMs = 60_000;
const stopGraceMs = 2_000;
/** How long the server of a control plane that died may take to end before it counts as one in use. */
const leftoverMs = 3_000;
const pace = { firstMs: 100, maxMs: 5_000, refusedMs: 5_000 };

/** Rejects where the server cannot be started; one that ends later is started again on the same port and data. */
export async function startEmbeddedRedis(options: EmbeddedOptions): Promise<EmbeddedRedis> {
  const { config, runtimeDir, packageDir, log } = options;
  const dataDir = join(config.data_dir, "redis");
  const socketPath = join(runtimeDir, "redis.sock");
  const settingsPath = join(dataDir, "valkey.conf");
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const identity = readIdentity(dataDir);
  await refuseSecondServer(identity, dataDir);
  const binary = await locateServer(config.python, packageDir);
  const url = adminUrlOf(identity, { socketPath });
  const ending = new AbortController();
  let child: Child | null = null;

  /** Resolves once the server answers, rejects with its last words where it ended instead. */
  async function launch(port: number): Promise<Child> {
    writeSecret(settingsPath, serverSettings({ identity, port, socketPath, dataDir }));
    rmSync(socketPath, { force: true });
    const lines: string[] = [];
    const started = spawnChild({
      command: config.python,
      args: ["-m", "hum_sidecar.tether", "--", binary, settingsPath],
      env: childEnvironment(packageDir),
      onLine: (line) => {
        lines.push(line);
        log.debug({ server: "redis", line }, "embedded Redis");
      },
    });
    child = started;
    const answered = new AbortController();
    try {
      await Promise.race([
        untilAnswer(url, answered.signal),
        started.exited.then((exit) => {
          const how = exit.error ?? exit.signal ?? `exit code ${exit.code}`;
          throw new Error(`the embedded Redis ended before it answered (${how}): ${lines.slice(-3).join(" / ")}`);
        }),
      ]);
    } catch (error) {
      await started.stop(stopGraceMs);
      throw error;
    } finally {
      answered.abort();
    }
    return started;
  }

  async function launchFirst(): Promise<{ server: Child; port: number }> {
    const { embedded_port: configured } = config.events.redis;
    if (configured !== 0) return { server: await launch(configured), port: configured };
    // The port of the last life may be taken by now, and a free one may be taken before the server binds it.
    const port = identity.port ?? (await freePort());
    try {
      return { server: await launch(port), port };
    } catch (error) {
      if (await isFree(port)) throw error;
      const other = await freePort();
      return { server: await launch(other), port: other };
    }
  }

  async function keepAlive(first: Child): Promise<void> {
    let server: Child | null = first;
    let failures = 0;
    while (!ending.signal.aborted) {
      const sinceMs = performance.now();
      const exit = await server?.exited;
      if (ending.signal.aborted) return;
      if (exit !== undefined) {
        log.warn({ code: exit.code, signal: exit.signal }, "the embedded Redis ended and is started again");
      }
      failures = performance.now() - sinceMs > pace.maxMs ? 1 : failures + 1;
      const delayMs = retryDelayMs(pace, { failures, refused: false });
      await delay(delayMs, undefined, { signal: ending.signal }).catch(() => undefined);
      if (ending.signal.aborted) return;
      server = await launch(port).catch((error: Error) => {
        if (!ending.signal.aborted) log.error({ reason: error.message }, "the embedded Redis could not be started");
        return null;
      });
    }
  }

  const { server, port } = await launchFirst();
  const subscriberUrl = subscriberUrlOf(identity, port);
  try {
    writeIdentity(dataDir, { ...identity, port });
    writeSecret(urlFileOf(config.data_dir), `${subscriberUrl}\n`);
  } catch (error) {
    await server.stop(stopGraceMs);
    throw error;
  }
  const kept = keepAlive(server);

  return {
    url,
    subscriberUrl,
    get pid() {
      return child?.pid;
    },
    async stop() {
      ending.abort();
      await child?.stop(stopGraceMs);
      await kept;
    },
  };
}

/**
 * Two servers on one append-only file would ruin it. The server of a control plane that died ends by itself at once; one
 * that stays belongs to a control plane that lives.
 */
async function refuseSecondServer(identity: Identity, dataDir: string): Promise<void> {
  const { port } = identity;
  if (port === null) return;
  const url = adminUrlOf(identity, { port });
  const deadlineMs = performance.now() + leftoverMs;
  while (await answers(url)) {
    if (performance.now() > deadlineMs) {
      throw new Error(
        `a Redis on 127.0.0.1:${port} already serves ${dataDir}: stop the hum-helix that uses this data directory, ` +
          "or set HUM_DATA_DIR to another one",
      );
    }
    await delay(50);
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    const connection = await connectRedis({ url, name: "humhelix-probe", commandTimeoutMs: 1_000 });
    try {
      return (await connection.call("PING")) === "PONG";
    } finally {
      connection.close();
    }
  } catch {
    return false;
  }
}

async function untilAnswer(url: string, signal: AbortSignal): Promise<void> {
  const deadlineMs = performance.now() + readyTimeoutMs;
  while (!signal.aborted && !(await answers(url))) {
    if (performance.now() > deadlineMs) {
      throw new Error(`the embedded Redis gave no answer within ${readyTimeoutMs / 1000} s`);
    }
    await delay(20);
  }
}

/** A free loopback port, at least until somebody else takes it. */
async function freePort(): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const server = createServer().once("error", reject);
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
  });
  return promise;
}

async function isFree(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const server = createServer().once("error", () => resolve(false));
  server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  return promise;
}
