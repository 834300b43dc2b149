/** GET /v1/models: what may be asked for now, aliases as entries of their own. */
import type { Catalogue, ModelEntry } from "../../core/model.ts";
import type { Operation } from "../deps.ts";
import { modelObject } from "../model-object.ts";

export const listModels: Operation = {
  method: "GET",
  path: "/v1/models",
  route: "/v1/models",
  open: false,
  handle: (c, { catalogue }) => {
    const data = [...namesOf(catalogue)].map(([name, model]) => modelObject(name, model));
    return c.json({ object: "list", data });
  },
};

/** The first model that claims a name has it, as `resolve` would say. */
function namesOf(catalogue: Catalogue): Map<string, ModelEntry> {
  const installed = catalogue.list().flatMap(({ model, installed }) => (installed ? [model] : []));
  const names = new Map(installed.map((model) => [model.name, model]));
  names.set("whisper-1", catalogue.resolve("whisper-1"));
  for (const model of installed) for (const alias of model.aliases) names.getOrInsert(alias, model);
  return names;
}
