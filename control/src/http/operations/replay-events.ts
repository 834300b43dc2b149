/** POST /v1/events/replay: sends a sink again what it had from a position on; GET /readyz tells how far it is. */
import { z } from "zod";
import { HumError } from "../../core/errors.ts";
import { quote } from "../../core/quote.ts";
import type { Operation } from "../deps.ts";
import { readJson } from "../json-body.ts";

const schema = z.object({
  /** As GET /readyz names it. */
  sink: z.string().min(1),
  /** Position in the spool of the first event to send; earlier ones than are kept begin with the oldest. */
  from: z.int().min(1),
});

export const replayEvents: Operation = {
  method: "POST",
  path: "/v1/events/replay",
  route: "/v1/events/replay",
  open: false,
  async handle(c, deps) {
    const { sink, from } = await readJson(c, { deps, schema });
    const { sinks } = deps.readiness();
    const ended = sinks.find((one) => one.sink === sink && one.state === "ended");
    if (ended !== undefined) {
      const message = `the sink ${quote(sink)} is out of use until the next start: ${ended.reason ?? "no reason known"}`;
      throw new HumError("bad_request", message, { param: "sink" });
    }
    const replay = deps.events.replay(sink, from);
    if (replay === null) {
      const names = sinks.map((one) => one.sink);
      throw new HumError("not_found", `there is no sink ${quote(sink)}; there are: ${names.join(", ")}`, {
        param: "sink",
      });
    }
    return c.json({ sink, from, events: replay.events }, 202);
  },
};
