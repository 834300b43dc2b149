/** GET /asyncapi.json: every event of the feed and every command, as proto/events/asyncapi.json says. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { checkoutRoot } from "../../core/checkout.ts";
import type { Operation } from "../deps.ts";

const file = join(checkoutRoot, "proto/events/asyncapi.json");

export const asyncapi: Operation = {
  method: "GET",
  path: "/asyncapi.json",
  route: "/asyncapi.json",
  // The same on every node, and no secret.
  open: true,
  handle: async (c) => c.body(await readFile(file, "utf8"), 200, { "content-type": "application/json" }),
};
