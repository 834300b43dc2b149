/** GET /v1/jobs: what runs, what waits and for how long, and what ended lately. */
import type { Operation } from "../deps.ts";

export const listJobs: Operation = {
  method: "GET",
  path: "/v1/jobs",
  route: "/v1/jobs",
  open: false,
  handle: (c, { jobs }) => c.json({ object: "list", data: jobs.jobs() }),
};
