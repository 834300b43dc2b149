/** POST /v1/models/unload: ends a model's processes, at once or when its last job has ended. */
import { z } from "zod";
import type { Operation } from "../deps.ts";
import { readJson } from "../json-body.ts";

const schema = z.object({ model: z.string().min(1).optional() });

export const unloadModel: Operation = {
  method: "POST",
  path: "/v1/models/unload",
  route: "/v1/models/unload",
  open: false,
  async handle(c, deps) {
    const model = deps.catalogue.resolve((await readJson(c, { deps, schema })).model);
    return c.json({ model: model.name, action: await deps.models.unload(model) });
  },
};
