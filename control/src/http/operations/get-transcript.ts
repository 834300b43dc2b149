/** GET /v1/transcripts/{id}: a job's whole transcript from the spool; what an event's `dataref` points to. */
import { HumError } from "../../core/errors.ts";
import { quote } from "../../core/quote.ts";
import { readTranscript } from "../../events/transcript.ts";
import type { Operation } from "../deps.ts";

export const getTranscript: Operation = {
  method: "GET",
  path: "/v1/transcripts/:id",
  route: "/v1/transcripts/{id}",
  open: false,
  async handle(c, { events }) {
    const id = c.req.param("id") ?? "";
    const transcript = await readTranscript(events.spool, id);
    if (transcript !== null) return c.json(transcript, 200, { "cache-control": "no-store" });
    const message = `no event of a job ${quote(id)} is kept; the header x-job-id names jobs, events.spool.retention_s says for how long`;
    throw new HumError("not_found", message);
  },
};
