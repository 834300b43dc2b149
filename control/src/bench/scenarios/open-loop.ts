/** Requests that arrive by themselves: sent when they are due, however slow the answers are. */
import type { WorkloadItem } from "../workloads/item.ts";
import { ask, stopwatch } from "./ask.ts";
import { spanOf } from "./closed-loop.ts";
import type { Exchange, ScenarioOutcome, ScenarioTrial } from "./scenario.ts";
import { together } from "./together.ts";

export interface OpenLoop {
  /** Seconds from the start, rising; one for each item. */
  arrivals: readonly number[];
  items: readonly WorkloadItem[];
  /** Asked after each answer: false sends no more, and waits for what was sent. */
  goesOn?: (exchange: Exchange) => boolean;
}

/** Beyond this much lateness of the harness itself, latencies say more of the machine than of the SUT. */
const mostLateS = 0.005;

/**
 * Latency counts from the intended arrival, which the sender's own lateness is part of: nothing is omitted because a slow
 * answer held the sender back (Tene's "coordinated omission").
 */
export async function openLoop(trial: ScenarioTrial, options: OpenLoop): Promise<ScenarioOutcome> {
  const { arrivals, items, goesOn = () => true } = options;
  const exchanges: Exchange[] = [];
  const enough = new AbortController();
  const nowS = stopwatch();
  await together(trial.signal, async ({ signal, start }) => {
    const sending = AbortSignal.any([signal, enough.signal]);
    const untilDue = createWait(nowS, sending);
    for (const [index, item] of items.entries()) {
      const intendedS = arrivals[index] ?? 0;
      await untilDue(intendedS);
      if (sending.aborted) return;
      const asked = ask(trial, { item, intendedS, streaming: false, signal }, nowS);
      const kept = asked.then((exchange) => {
        exchanges[index] = exchange;
        if (!goesOn(exchange)) enough.abort();
      });
      start(kept);
    }
  });
  return { exchanges, total_s: spanOf(exchanges), doubts: lateness(exchanges) };
}

/**
 * Waits until a time on `nowS`: never too early, though timers have whole milliseconds and may fire one before. Resolves at
 * once where nothing is sent any more; one listener for all waits, since there may be many thousands.
 */
function createWait(nowS: () => number, signal: AbortSignal): (dueS: number) => Promise<void> {
  let wake = () => {};
  signal.addEventListener("abort", () => wake(), { once: true });
  return async (dueS) => {
    for (let leftMs = (dueS - nowS()) * 1000; leftMs > 0 && !signal.aborted; leftMs = (dueS - nowS()) * 1000) {
      const { promise, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      const timer = setTimeout(resolve, Math.ceil(leftMs));
      await promise;
      clearTimeout(timer);
    }
  };
}

function lateness(exchanges: readonly Exchange[]): string[] {
  const late = exchanges.map(({ sent_s, intended_s }) => sent_s - intended_s).toSorted((a, b) => a - b);
  const p99 = late[Math.ceil(0.99 * late.length) - 1] ?? 0;
  if (p99 <= mostLateS) return [];
  return [`the harness itself sent 1 % of the requests ${(p99 * 1000).toFixed(1)} ms late or more`];
}
