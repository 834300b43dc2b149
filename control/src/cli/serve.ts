/** `hum-helix serve`: runs a node until a signal ends it. */
import type { App } from "../app.ts";
import { createCatalogue } from "../core/catalogue.ts";
import { version } from "../core/checkout.ts";
import type { Config } from "../core/config.ts";
import { createLog } from "../core/log.ts";
import { withoutPassword } from "../core/redis-url.ts";
import { inputEnd } from "../platform/input-end.ts";
import { type BannerFacts, renderBanner } from "./banner.ts";
import { configOption, defineCommand, jsonOption } from "./command.ts";
import { abortOf, exitCodes, type Io } from "./io.ts";
import { loadSettings } from "./settings.ts";

const stillLoadingMs = 5_000;

export const serve = defineCommand({
  name: "serve",
  summary: "Run the server, its engines and, unless one is configured, a Redis of its own",
  details: "Ctrl-C or SIGTERM lets accepted requests finish and then stops everything; a second one stops at once.",
  operands: "none",
  options: {
    json: { ...jsonOption, help: "print one line of JSON once it is ready: url, redis_url, model, pid" },
    attached: { type: "boolean", help: "stop at the end of standard input too: whoever started it is gone" },
    config: configOption,
  },
  async run({ values }, io) {
    const config = loadSettings(io, values.config);
    const stopped = values.attached ? AbortSignal.any([io.interrupted, inputEnd()]) : io.interrupted;
    // Said before anything is started: without weights nothing would ever become ready.
    const { name } = createCatalogue(config).resolve(undefined);
    const startedMs = performance.now();
    // Standard output is for what a program reads there: the one line that --json promises, or the events of a sink.
    const hasStdoutSink = config.events.sinks.some(({ kind }) => kind === "stdout");
    const say = values.json || hasStdoutSink ? io.err : io.out;
    say(`hum-helix ${version} starts in ${config.data_dir}\n`);
    const log = createLog({ level: config.log.level, readable: io.terminal.err });
    // Loaded late: the other verbs are quick, and doctor runs where a native library does not load.
    const { startApp } = await import("../app.ts");
    const app = await startApp(config, { log }).catch((error: unknown) => {
      throw startFailure(error, config);
    });
    try {
      await untilReady(app, { model: name, stopped, say });
      if (!stopped.aborted) {
        const facts = factsOf(app, { config, model: name, startedMs, cwd: io.cwd });
        if (values.json) io.out(lineOf(facts));
        else say(renderBanner(facts));
      }
      await abortOf(stopped);
      say("stopping; once more to stop at once\n");
    } finally {
      await app.stop();
    }
    return exitCodes.ok;
  },
});

async function untilReady(app: App, options: { model: string; stopped: AbortSignal; say: Io["out"] }): Promise<void> {
  const { model, stopped, say } = options;
  const startedMs = performance.now();
  say(`loading model ${model} ...\n`);
  const still = setInterval(() => {
    say(`still loading model ${model} after ${Math.round((performance.now() - startedMs) / 1000)} s ...\n`);
  }, stillLoadingMs);
  try {
    await Promise.race([app.ready, abortOf(stopped)]);
  } finally {
    clearInterval(still);
  }
}

function factsOf(app: App, options: { config: Config; model: string; startedMs: number; cwd: string }): BannerFacts {
  const { config, model, startedMs, cwd } = options;
  return {
    url: app.url,
    model,
    redisUrl: config.events.redis.url === null ? app.subscriberUrl : withoutPassword(config.events.redis.url),
    needsKey: config.http.api_key !== null,
    cwd,
    startedInS: (performance.now() - startedMs) / 1000,
  };
}

function lineOf({ url, redisUrl, model }: BannerFacts): string {
  return `${JSON.stringify({ url, redis_url: redisUrl, model, pid: process.pid })}\n`;
}

/** Who starts a second server wants to read which variable to set. */
function startFailure(error: unknown, config: Config): unknown {
  const cause = error instanceof Error ? error.cause : undefined;
  if (!(cause instanceof Error) || !("code" in cause) || cause.code !== "EADDRINUSE") return error;
  const { host, port } = config.http;
  const message = `port ${port} of ${host} is taken; set HUM_HTTP_PORT to another one, or to 0 for any that is free`;
  return new Error(message, { cause: error });
}
