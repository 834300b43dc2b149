/** GET /readyz: whether speech can be transcribed now, slot by slot and sink by sink; 503 when it cannot. */
import type { Operation } from "../deps.ts";

export const readyz: Operation = {
  method: "GET",
  path: "/readyz",
  route: "/readyz",
  open: true,
  handle: (c, deps) => {
    const readiness = deps.readiness();
    if (readiness.status !== "unready") return c.json(readiness);
    return c.json(readiness, 503, { "retry-after": "5" });
  },
};
