/** The server that a verb talks to: the one that was named, one that runs already, or one of our own for the while. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { createCatalogue } from "../core/catalogue.ts";
import type { Config } from "../core/config.ts";
import { createLog } from "../core/log.ts";
import { abortOf, type Io } from "./io.ts";

export interface Server {
  url: string;
  stop(): Promise<void>;
}

const probeTimeoutMs = 1_000;
const pingSchema = z.object({ status: z.literal("healthy") });

/** Where a server with this configuration is reached from here. */
export function configuredUrl({ http }: Pick<Config, "http">): string {
  const host = { "0.0.0.0": "127.0.0.1", "::": "::1" }[http.host] ?? http.host;
  return `http://${host.includes(":") ? `[${host}]` : host}:${http.port}`;
}

/** Whether what answers there is one of us: another program may have the port. */
export async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(`${url}/ping`, { signal: AbortSignal.timeout(probeTimeoutMs) });
    return pingSchema.safeParse(await response.json()).success;
  } catch {
    return false;
  }
}

/** `onStart` is called before the wait for a server of our own. */
export async function openServer(
  config: Config,
  options: { url: string | undefined; model: string | undefined; io: Io; onStart: (model: string) => void },
): Promise<Server> {
  const foreign = (url: string): Server => ({ url, stop: async () => undefined });
  if (options.url !== undefined) return foreign(options.url.replace(/\/+$/, ""));
  if (config.http.port !== 0 && (await answers(configuredUrl(config)))) return foreign(configuredUrl(config));
  return startOwn(config, options);
}

/**
 * It has a data directory of its own, so that it neither waits for nor disturbs a node that uses the configured one, and
 * loads only the model that was asked for.
 */
async function startOwn(
  config: Config,
  options: { model: string | undefined; io: Io; onStart: (model: string) => void },
): Promise<Server> {
  const { name } = createCatalogue(config).resolve(options.model);
  options.onStart(name);
  await using undo = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), "hum-helix-"));
  undo.defer(() => rm(dataDir, { recursive: true, force: true }));
  const log = createLog({
    level: config.log.level === "info" ? "warn" : config.log.level,
    readable: options.io.terminal.err,
  });
  const http = { ...config.http, host: "127.0.0.1", port: 0 };
  const { startApp } = await import("../app.ts");
  const app = await startApp({ ...config, http, data_dir: dataDir, model: name }, { log });
  undo.defer(app.stop);
  await Promise.race([app.ready, abortOf(options.io.interrupted)]);
  options.io.interrupted.throwIfAborted();
  const running = undo.move();
  return { url: app.url, stop: () => running.disposeAsync() };
}
