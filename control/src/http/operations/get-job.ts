/** GET /v1/jobs/{id}: where a job is; it is known for a while after its end. */
import { HumError } from "../../core/errors.ts";
import { quote } from "../../core/quote.ts";
import type { Operation } from "../deps.ts";

export const getJob: Operation = {
  method: "GET",
  path: "/v1/jobs/:id",
  route: "/v1/jobs/{id}",
  open: false,
  handle: (c, { jobs }) => {
    const id = c.req.param("id") ?? "";
    const job = jobs.job(id);
    if (job === null) throw unknownJob(id);
    return c.json(job);
  },
};

/** The header x-job-id of every answer to a request for speech names its job. */
export const unknownJob = (id: string) =>
  new HumError("not_found", `there is no job ${quote(id)}, or it ended long ago; the header x-job-id names them`);
