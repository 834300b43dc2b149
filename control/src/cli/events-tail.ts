/** `hum-helix events tail`: prints the event feed until it is told to stop, or nobody reads any more. */
import { existsSync, readFileSync } from "node:fs";
import type { Config } from "../core/config.ts";
import { invocation } from "../core/invocation.ts";
import { urlFileOf } from "../events/embedded.ts";
import { tailEvents } from "../events/tail.ts";
import { configOption, defineCommand, jsonOption } from "./command.ts";
import { eventLine } from "./event-line.ts";
import { exitCodes } from "./io.ts";
import { loadSettings } from "./settings.ts";

export const eventsTail = defineCommand({
  name: "events tail",
  summary: "Follow the events as they are published",
  operands: "none",
  options: {
    json: { ...jsonOption, help: "print each event as one line of JSON" },
    "from-start": { type: "boolean", help: "begin with the oldest event that is still stored" },
    url: {
      type: "string",
      value: "URL",
      help: "Redis to read (also HUM_REDIS_URL); default: the running server's own",
    },
    config: configOption,
  },
  async run({ values }, io) {
    const url = values.url ?? busUrl(loadSettings(io, values.config));
    const tail = tailEvents({
      url,
      from: values["from-start"] ? "start" : "now",
      signal: AbortSignal.any([io.interrupted, io.unread]),
      onNotice: (notice) => io.err(`hum-helix events tail: ${notice}\n`),
    });
    for await (const event of tail) io.out(`${values.json ? JSON.stringify(event) : eventLine(event)}\n`);
    return exitCodes.ok;
  },
});

function busUrl(config: Config): string {
  if (config.events.redis.url !== null) return config.events.redis.url;
  const file = urlFileOf(config.data_dir);
  if (existsSync(file)) return readFileSync(file, "utf8").trim();
  throw new Error(
    `no server has run in ${config.data_dir} yet; start one with: ${invocation()} serve, or name a Redis by HUM_REDIS_URL`,
  );
}
