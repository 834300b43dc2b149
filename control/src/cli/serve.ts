/** `hum-helix serve`: runs a node until a signal ends it. */
import type { App } from "../app.ts";
import { createCatalogue } from "../core/catalogue.ts";
import { version } from "../core/checkout.ts";
import type { Config } from "../core/config.ts";
import { createLog } from "../core/log.ts";
import { renderBanner, withoutPassword } from "./banner.ts";
import { configOption, defineCommand } from "./command.ts";
import { abortOf, exitCodes, type Io } from "./io.ts";
import { loadSettings } from "./settings.ts";

const stillLoadingMs = 5_000;

export const serve = defineCommand({
  name: "serve",
  summary: "Run the server, its engines and, unless one is configured, a Redis of its own",
  details: "Ctrl-C or SIGTERM lets accepted requests finish and then stops everything; a second one stops at once.",
  operands: "none",
  options: { config: configOption },
  async run({ values }, io) {
    const config = loadSettings(io, values.config);
    // Said before anything is started: without weights nothing would ever become ready.
    const { name } = createCatalogue(config).resolve(undefined);
    const startedMs = performance.now();
    io.out(`hum-helix ${version} starts in ${config.data_dir}\n`);
    const log = createLog({ level: config.log.level, readable: io.terminal.err });
    // Loaded late: the other verbs are quick, and doctor runs where a native library does not load.
    const { startApp } = await import("../app.ts");
    const app = await startApp(config, { log }).catch((error: unknown) => {
      throw startFailure(error, config);
    });
    try {
      await untilReady(app, { model: name, io });
      if (!io.interrupted.aborted) io.out(bannerOf(app, { config, model: name, startedMs, cwd: io.cwd }));
      await abortOf(io.interrupted);
      io.out("stopping; once more to stop at once\n");
    } finally {
      await app.stop();
    }
    return exitCodes.ok;
  },
});

async function untilReady(app: App, options: { model: string; io: Io }): Promise<void> {
  const { model, io } = options;
  const startedMs = performance.now();
  io.out(`loading model ${model} ...\n`);
  const still = setInterval(() => {
    io.out(`still loading model ${model} after ${Math.round((performance.now() - startedMs) / 1000)} s ...\n`);
  }, stillLoadingMs);
  try {
    await Promise.race([app.ready, abortOf(io.interrupted)]);
  } finally {
    clearInterval(still);
  }
}

function bannerOf(app: App, options: { config: Config; model: string; startedMs: number; cwd: string }): string {
  const { config, model, startedMs, cwd } = options;
  return renderBanner({
    url: app.url,
    model,
    redisUrl: config.events.redis.url === null ? app.subscriberUrl : withoutPassword(config.events.redis.url),
    needsKey: config.http.api_key !== null,
    cwd,
    startedInS: (performance.now() - startedMs) / 1000,
  });
}

/** Who starts a second server wants to read which variable to set. */
function startFailure(error: unknown, config: Config): unknown {
  const cause = error instanceof Error ? error.cause : undefined;
  if (!(cause instanceof Error) || !("code" in cause) || cause.code !== "EADDRINUSE") return error;
  const { host, port } = config.http;
  const message = `port ${port} of ${host} is taken; set HUM_HTTP_PORT to another one, or to 0 for any that is free`;
  return new Error(message, { cause: error });
}
