/** One request of a trial: sent, timed, and left at its time-out. */

import type { WorkloadItem } from "../workloads/item.ts";
import type { Exchange, ScenarioTrial } from "./scenario.ts";

export interface Question {
  item: WorkloadItem;
  /** Null where it is sent as soon as it can be: then that is when it was intended. */
  intendedS: number | null;
  streaming: boolean;
  /** Aborted where the trial ends. */
  signal: AbortSignal;
}

/** `nowS` counts from the trial's start. Rejects as `transcribe` does. */
export async function ask(trial: ScenarioTrial, question: Question, nowS: () => number): Promise<Exchange> {
  const { instance, config, timeoutMs } = trial;
  const { item, intendedS, streaming, signal } = question;
  const limit = limited(signal, timeoutMs);
  const sent_s = nowS();
  try {
    const outcome = await instance.transcribe({ item, config, streaming, signal: limit.signal });
    return { item, intended_s: intendedS ?? sent_s, sent_s, done_s: nowS(), outcome };
  } finally {
    limit.release();
  }
}

/** Cheaper than AbortSignal.any with a timeout of each request's own. */
function limited(outer: AbortSignal, timeoutMs: number): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController();
  const end = () => controller.abort(outer.reason);
  const timer = setTimeout(() => {
    controller.abort(new DOMException(`no answer within ${timeoutMs / 1000} s`, "TimeoutError"));
  }, timeoutMs);
  if (outer.aborted) end();
  else outer.addEventListener("abort", end, { once: true });
  return {
    signal: controller.signal,
    release() {
      clearTimeout(timer);
      outer.removeEventListener("abort", end);
    },
  };
}

/** Seconds since now, by a monotonic clock. */
export function stopwatch(): () => number {
  const startedMs = performance.now();
  return () => (performance.now() - startedMs) / 1000;
}
