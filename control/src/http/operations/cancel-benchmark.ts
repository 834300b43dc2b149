/** DELETE /v1/benchmarks/{id}: ends a run; what it has measured stays, and a later start of the same definition goes on in it. */
import type { Operation } from "../deps.ts";
import { unknownBenchmark } from "./get-benchmark.ts";

export const cancelBenchmark: Operation = {
  method: "DELETE",
  path: "/v1/benchmarks/:id",
  route: "/v1/benchmarks/{id}",
  open: false,
  async handle(c, { benchmarks }) {
    const id = c.req.param("id") ?? "";
    const view = await benchmarks.cancel(id);
    if (view === null) throw unknownBenchmark(id);
    return c.json(view);
  },
};
