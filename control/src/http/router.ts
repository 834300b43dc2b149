/** The API's table of operations, and what surrounds each: ids, headers, access, and the one handler of failures. */
import { Hono } from "hono";
import { secureHeaders } from "hono/secure-headers";
import { HumError } from "../core/errors.ts";
import { quote } from "../core/quote.ts";
import { createGate } from "./access.ts";
import { defaultTiming, type HttpDeps, type HttpEnv, type Operation } from "./deps.ts";
import { refuseExpectation } from "./expectation.ts";
import { failureResponse, presentable } from "./failure.ts";
import { awaitsBody, linger } from "./linger.ts";
import { observe } from "./observe.ts";
import { asyncapi } from "./operations/asyncapi.ts";
import { cancelBenchmark } from "./operations/cancel-benchmark.ts";
import { cancelJob } from "./operations/cancel-job.ts";
import { createBenchmark } from "./operations/create-benchmark.ts";
import { createTranscription } from "./operations/create-transcription.ts";
import { createTranslation } from "./operations/create-translation.ts";
import { getBenchmark } from "./operations/get-benchmark.ts";
import { getBenchmarkResults } from "./operations/get-benchmark-results.ts";
import { getJob } from "./operations/get-job.ts";
import { getModel } from "./operations/get-model.ts";
import { getTranscript } from "./operations/get-transcript.ts";
import { healthz } from "./operations/healthz.ts";
import { indexPage } from "./operations/index-page.ts";
import { listBenchmarks } from "./operations/list-benchmarks.ts";
import { listEvents } from "./operations/list-events.ts";
import { listJobs } from "./operations/list-jobs.ts";
import { listLoaded } from "./operations/list-loaded.ts";
import { listModels } from "./operations/list-models.ts";
import { loadModel } from "./operations/load-model.ts";
import { metrics } from "./operations/metrics.ts";
import { ping } from "./operations/ping.ts";
import { readyz } from "./operations/readyz.ts";
import { replayEvents } from "./operations/replay-events.ts";
import { unloadModel } from "./operations/unload-model.ts";

const operations: readonly Operation[] = [
  createTranscription,
  createTranslation,
  listModels,
  // Before the one that takes any name.
  listLoaded,
  loadModel,
  unloadModel,
  getModel,
  listJobs,
  getJob,
  cancelJob,
  listEvents,
  replayEvents,
  getTranscript,
  createBenchmark,
  listBenchmarks,
  getBenchmark,
  getBenchmarkResults,
  cancelBenchmark,
  ping,
  healthz,
  readyz,
  metrics,
  asyncapi,
  indexPage,
];

/** CORS stays closed by saying nothing of it. */
const headers = secureHeaders({
  strictTransportSecurity: false,
  contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  xFrameOptions: "DENY",
});

export function createRouter(deps: HttpDeps): Hono<HttpEnv> {
  const app = new Hono<HttpEnv>();
  const gate = createGate(deps.config.http.api_key);
  const timing = { ...defaultTiming, ...deps.timing };
  const lingering = {
    totalMs: timing.lingerMs,
    idleMs: timing.lingerIdleMs,
    maxBytes: Math.max(deps.config.http.max_body_bytes, 64 * 1024 * 1024),
  };

  app.use(observe(deps), headers, async (c, next) => {
    await next();
    // Nobody gets its body: one that would be streamed has to end.
    if (c.req.method === "HEAD") await c.res.body?.cancel();
    if (awaitsBody(c.env.incoming)) c.res = await linger(c.res, c.env.incoming, lingering);
  });
  app.use(refuseExpectation);
  for (const operation of operations) {
    app.on(operation.method, operation.path, (c) => {
      c.set("route", operation.route);
      if (!operation.open) gate(c);
      return operation.handle(c, deps);
    });
  }
  for (const { path, route } of operations) {
    app.all(path, (c) => {
      c.set("route", route);
      const methods = operations.filter((other) => other.path === path).map(({ method }) => method);
      const allowed = methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])).join(", ");
      c.header("allow", allowed);
      throw new HumError("method_not_allowed", `${quote(c.req.method)} is not for ${route}; it takes ${allowed}`);
    });
  }
  app.notFound((c) => {
    const message = `there is no ${c.req.method} ${quote(c.req.path)}; GET / lists where to begin`;
    return failureResponse(new HumError("not_found", message));
  });
  app.onError((thrown, c) => {
    const answer = failureResponse(presentable(thrown, { log: deps.log, requestId: c.get("requestId") }));
    const allow = c.res.headers.get("allow");
    if (allow !== null) answer.headers.set("allow", allow);
    return answer;
  });
  return app;
}
