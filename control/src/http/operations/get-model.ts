/** GET /v1/models/{id}: one model by name or alias; a name may hold a slash, as it is or as %2F. */
import type { Operation } from "../deps.ts";
import { modelObject } from "../model-object.ts";

export const getModel: Operation = {
  method: "GET",
  path: "/v1/models/:id{.+}",
  route: "/v1/models/{id}",
  open: false,
  handle: (c, { catalogue }) => {
    const id = c.req.param("id") ?? "";
    return c.json(modelObject(id, catalogue.resolve(id)));
  },
};
