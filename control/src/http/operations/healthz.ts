/** GET /healthz: the process lives and its event loop turns; nothing about whether it can transcribe. */
import type { Operation } from "../deps.ts";

export const healthz: Operation = {
  method: "GET",
  path: "/healthz",
  route: "/healthz",
  open: true,
  handle: (c) => c.json({ status: "alive" }),
};
