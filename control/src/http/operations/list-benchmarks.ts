/** GET /v1/benchmarks: the definitions that can be started, and the runs that have results here, the newest first. */
import type { Operation } from "../deps.ts";

export const listBenchmarks: Operation = {
  method: "GET",
  path: "/v1/benchmarks",
  route: "/v1/benchmarks",
  open: false,
  handle: async (c, { benchmarks }) =>
    c.json({ object: "list", definitions: benchmarks.definitions(), data: await benchmarks.list() }),
};
