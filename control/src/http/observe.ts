/** Around every request: its ids, the signal that its client left, and afterwards one log line and its metrics. */
import { randomUUIDv7 } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import { requestIdPattern } from "../core/job.ts";
import type { HttpDeps, HttpEnv } from "./deps.ts";

/** What nginx calls a request whose client left before the answer. */
const clientLeft = 499;

export function observe(deps: HttpDeps): MiddlewareHandler<HttpEnv> {
  const { clock, log, metrics } = deps;
  return async (c, next) => {
    const beganMs = clock.monotonicMs();
    const { outgoing } = c.env;
    const { method } = c.req;
    const jobId = randomUUIDv7();
    const sentId = c.req.header("x-request-id");
    const requestId = sentId !== undefined && requestIdPattern.test(sentId) ? sentId : jobId;
    const left = new AbortController();
    c.set("jobId", jobId);
    c.set("requestId", requestId);
    c.set("submittedJob", null);
    c.set("left", left);
    c.set("route", "unmatched");
    outgoing.once("close", () => {
      if (!outgoing.writableFinished) left.abort();
      const route = c.get("route");
      const status = outgoing.headersSent ? outgoing.statusCode : clientLeft;
      const ms = clock.monotonicMs() - beganMs;
      metrics.httpRequests.inc({ method: knownMethod(method), route, status });
      metrics.httpDuration.observe({ route }, ms / 1000);
      log.info({ method, route, status, ms: Math.round(ms * 10) / 10, request_id: requestId }, "request");
    });
    await next();
    c.header("x-request-id", requestId);
    const submitted = c.get("submittedJob");
    if (submitted !== null) c.header("x-job-id", submitted);
  };
}

const methods = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/** Callers choose the method's text, and must not be able to make a time series for each. */
const knownMethod = (method: string) => (methods.has(method) ? method : "other");
