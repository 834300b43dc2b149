/** GET /metrics: the one registry, as Prometheus reads it. */
import type { Operation } from "../deps.ts";

export const metrics: Operation = {
  method: "GET",
  path: "/metrics",
  route: "/metrics",
  open: false,
  handle: async (c, deps) => {
    const { registry } = deps.metrics;
    return c.body(await registry.metrics(), 200, { "content-type": registry.contentType });
  },
};
