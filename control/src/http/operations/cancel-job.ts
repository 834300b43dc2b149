/** DELETE /v1/jobs/{id}: ends a job at its next engine call; answers with the job, also where it had ended already. */
import type { Operation } from "../deps.ts";
import { unknownJob } from "./get-job.ts";

export const cancelJob: Operation = {
  method: "DELETE",
  path: "/v1/jobs/:id",
  route: "/v1/jobs/{id}",
  open: false,
  handle: (c, { jobs }) => {
    const id = c.req.param("id") ?? "";
    const job = jobs.cancel(id);
    if (job === null) throw unknownJob(id);
    return c.json(job);
  },
};
