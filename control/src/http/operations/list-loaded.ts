/** GET /v1/models/loaded: the models in memory, what they take and how long they stay. */
import type { Operation } from "../deps.ts";

export const listLoaded: Operation = {
  method: "GET",
  path: "/v1/models/loaded",
  route: "/v1/models/loaded",
  open: false,
  handle: (c, { models }) => c.json({ object: "list", data: models.loaded() }),
};
