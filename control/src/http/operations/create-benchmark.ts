/** POST /v1/benchmarks: starts a benchmark by the name of its definition; 202 when its run has begun. */
import { z } from "zod";
import type { Operation } from "../deps.ts";
import { readJson } from "../json-body.ts";

/** A name and never a path or the definition itself: what may be measured here is for whoever owns the node to say. */
const schema = z.strictObject({ definition: z.string().min(1).max(256) });

export const createBenchmark: Operation = {
  method: "POST",
  path: "/v1/benchmarks",
  route: "/v1/benchmarks",
  open: false,
  async handle(c, deps) {
    const { definition } = await readJson(c, { deps, schema });
    const view = await deps.benchmarks.start(definition);
    c.header("location", `/v1/benchmarks/${view.run_id}`);
    return c.json(view, 202);
  },
};
