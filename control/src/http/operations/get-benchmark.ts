/** GET /v1/benchmarks/{id}: a run's state; as server-sent events each change of it, until it has ended. */
import type { BenchmarkView } from "../../bench/service.ts";
import { HumError } from "../../core/errors.ts";
import { quote } from "../../core/quote.ts";
import { defaultTiming, type HttpContext, type HttpDeps, type Operation } from "../deps.ts";
import { type EventWriter, eventStream } from "../sse.ts";

export const getBenchmark: Operation = {
  method: "GET",
  path: "/v1/benchmarks/:id",
  route: "/v1/benchmarks/{id}",
  open: false,
  async handle(c, deps) {
    const id = c.req.param("id") ?? "";
    const view = await deps.benchmarks.get(id);
    if (view === null) throw unknownBenchmark(id);
    const wantsStream =
      (c.req.header("accept") ?? "").includes("text/event-stream") || c.req.query("stream") === "true";
    return wantsStream ? streamBenchmark(c, { deps, view }) : c.json(view);
  },
};

export function unknownBenchmark(id: string): HumError {
  return new HumError("not_found", `there is no benchmark run ${quote(id)} here; GET /v1/benchmarks lists them`);
}

function streamBenchmark(c: HttpContext, { deps, view }: { deps: HttpDeps; view: BenchmarkView }): Response {
  const left = c.get("left");
  return eventStream({
    timing: { ...defaultTiming, ...deps.timing },
    cutOff: () => c.env.outgoing.destroy(),
    onLeft: () => left.abort(),
    follow: (to) => follow(to, { deps, view, signal: AbortSignal.any([left.signal, deps.stopping]) }),
  });
}

/** Events `progress` with the run's state, `trial` with each trial's record, and `end` with the state that it ended in. */
async function follow(
  to: EventWriter,
  { deps, view, signal }: { deps: HttpDeps; view: BenchmarkView; signal: AbortSignal },
): Promise<void> {
  const over = Promise.withResolvers<void>();
  const leave = () => over.resolve();
  if (signal.aborted) leave();
  else signal.addEventListener("abort", leave, { once: true });
  const tell = (now: BenchmarkView) => {
    // A later state makes up for an earlier one that is lost.
    if (now.status === "running") return to.offer(eventOf("progress", now));
    to.send(eventOf("end", now));
    leave();
  };
  const unfollow = deps.benchmarks.follow(view.run_id, (now, trial) => {
    // Its text may be long and is in the results.
    if (trial !== null) to.send(eventOf("trial", { ...trial, output: undefined, requests: undefined }));
    else tell(now);
  });
  try {
    tell((await deps.benchmarks.get(view.run_id)) ?? view);
    await over.promise;
  } finally {
    unfollow();
  }
}

const eventOf = (name: string, data: object) => `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
