/** GET /ping: the answer that load balancers of other speech servers' users look for. */
import type { Operation } from "../deps.ts";

export const ping: Operation = {
  method: "GET",
  path: "/ping",
  route: "/ping",
  open: true,
  handle: (c) => c.json({ status: "healthy" }),
};
