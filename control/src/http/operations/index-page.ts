/** GET /: what this server is, for whoever opens its address. */
import { version } from "../../core/checkout.ts";
import type { Operation } from "../deps.ts";

export const indexPage: Operation = {
  method: "GET",
  path: "/",
  route: "/",
  open: true,
  handle: (c) =>
    c.json({
      name: "hum-helix",
      version,
      links: {
        transcriptions: "/v1/audio/transcriptions",
        translations: "/v1/audio/translations",
        models: "/v1/models",
        readiness: "/readyz",
        metrics: "/metrics",
        events: "/v1/events",
        contract: "/asyncapi.json",
      },
    }),
};
