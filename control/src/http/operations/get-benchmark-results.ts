/** GET /v1/benchmarks/{id}/results: the result file as it is, also while the run writes it. */
import { open } from "node:fs/promises";
import { basename } from "node:path";
import { Readable } from "node:stream";
import type { Operation } from "../deps.ts";
import { unknownBenchmark } from "./get-benchmark.ts";

export const getBenchmarkResults: Operation = {
  method: "GET",
  path: "/v1/benchmarks/:id/results",
  route: "/v1/benchmarks/{id}/results",
  open: false,
  async handle(c, { benchmarks }) {
    const id = c.req.param("id") ?? "";
    const file = await benchmarks.file(id);
    // It may have been removed since.
    const handle = file === null ? null : await open(file).catch(() => null);
    if (file === null || handle === null) throw unknownBenchmark(id);
    const body = Readable.toWeb(handle.createReadStream()) as ReadableStream<Uint8Array>;
    return new Response(body, {
      headers: {
        "content-type": "application/yaml",
        "content-disposition": `attachment; filename="${basename(file)}"`,
      },
    });
  },
};
