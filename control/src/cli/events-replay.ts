/** `hum-helix events replay`: has the running server send a sink again what it had, and shows how far it is. */
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { invocation } from "../core/invocation.ts";
import { configOption, defineCommand, jsonOption } from "./command.ts";
import { exitCodes } from "./io.ts";
import { progressBar } from "./progress-bar.ts";
import { configuredUrl } from "./server.ts";
import { loadSettings } from "./settings.ts";
import { createStatusLine } from "./status-line.ts";

const pollMs = 200;

const acceptedSchema = z.object({ sink: z.string(), from: z.int(), events: z.int() });
const refusedSchema = z.object({ error: z.object({ message: z.string() }) });
const readinessSchema = z.object({
  sinks: z.array(z.object({ sink: z.string(), state: z.string(), replaying: z.int(), reason: z.string().nullable() })),
});

export const eventsReplay = defineCommand({
  name: "events replay",
  summary: "Send a sink again what it had from a position on",
  details: `The events keep their ids, so that receivers know them again. NATS refuses those that it had
a moment ago. The position is the number behind the dash in the ids and in the next of GET /v1/events. It goes on where this
command is ended early.`,
  operands: "none",
  options: {
    json: jsonOption,
    sink: { type: "string", value: "NAME", help: "the sink, as /readyz and the configuration name it" },
    from: { type: "string", value: "SEQ", help: "position of the first event to send; 1 for all that is kept" },
    url: { type: "string", value: "URL", help: "server to ask (also HUM_URL); default: the configured address" },
    config: configOption,
  },
  async run({ values }, io) {
    const { sink, from = "" } = values;
    if (sink === undefined || !/^[1-9][0-9]{0,14}$/.test(from)) {
      throw new Error(
        `it needs --sink NAME and --from SEQ, a whole number from 1 on; --from is ${JSON.stringify(from)}`,
      );
    }
    const config = loadSettings(io, values.config);
    const url = (values.url ?? io.env.HUM_URL ?? configuredUrl(config)).replace(/\/+$/, "");
    const key = config.http.api_key;
    const ask = createAsker(url, key === null ? {} : { authorization: `Bearer ${key}` });
    const body = JSON.stringify({ sink, from: Number(from) });
    const accepted = acceptedSchema.parse(await ask("/v1/events/replay", { method: "POST", body }));
    const status = createStatusLine(io);
    for (let left = accepted.events; left > 0; ) {
      const { sinks } = readinessSchema.parse(await ask("/readyz", { method: "GET" }));
      const one = sinks.find((candidate) => candidate.sink === sink);
      left = one?.replaying ?? 0;
      const trouble = one?.state === "connected" ? "" : ` ${sink} is away: ${one?.reason ?? "no reason known"}`;
      status.show(
        `${progressBar(1 - left / accepted.events)} ${accepted.events - left} of ${accepted.events}${trouble}`,
      );
      if (left > 0) await delay(pollMs, undefined, { signal: io.interrupted });
    }
    status.clear();
    io.out(
      values.json
        ? `${JSON.stringify(accepted)}\n`
        : `${accepted.events} events from position ${from} on were sent to ${sink} again\n`,
    );
    return exitCodes.ok;
  },
});

/** Resolves with the answer's JSON; rejects with the server's own words. */
function createAsker(url: string, headers: Record<string, string>) {
  return async (path: string, request: { method: string; body?: string }): Promise<unknown> => {
    const response = await fetch(url + path, { ...request, headers }).catch((error: unknown) => {
      throw new Error(`no server answers at ${url}; start one with: ${invocation()} serve`, { cause: error });
    });
    const answer: unknown = await response.json().catch(() => null);
    const refused = refusedSchema.safeParse(answer);
    if (refused.success) throw new Error(refused.data.error.message);
    return answer;
  };
}
