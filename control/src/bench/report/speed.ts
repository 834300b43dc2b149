/** How fast a run config was: its RTFx with an interval, its latencies, and where the time went. */

import { mostFailed } from "../compare/side-of-run.ts";
import type { TrialRecord } from "../results/record.ts";
import { bootstrap, type Interval, percentileInterval } from "../stats/bootstrap.ts";
import { countedMedian, median } from "../stats/quantile.ts";

/** Of a thousand requests a few may fail, and the others have still been measured. */
export function isAnswered({ status, requests }: TrialRecord): boolean {
  const failed = requests.filter((request) => request.status !== "ok").length;
  return status === "ok" || (requests.length > 0 && failed <= mostFailed * requests.length);
}

/** An interval that is only shown can do with fewer than a verdict. */
const resampling = { resamples: 1000, level: 0.95 } as const;

/**
 * Audio of all items over the sum of each item's median time: an outlier moves nothing, and every item counts once
 * however often it was run. The interval draws the trials of each item anew; null where no item has two.
 */
export function speedOf(
  trials: readonly TrialRecord[],
  seed: number,
): { rtfx: number | null; interval: Interval | null } {
  const items = [...byItem(trials).values()];
  const audio_s = items.reduce((sum, [first]) => sum + (first?.workload.audio_s ?? 0), 0);
  if (audio_s === 0) return { rtfx: null, interval: null };
  const times = items.map((repeated) => Float64Array.from(repeated.map(secondsOf)).sort());
  const strata = times.map(({ length }) => length);
  const statistic = (counts: readonly Uint32Array[]) =>
    audio_s / times.reduce((sum, sorted, item) => sum + countedMedian(sorted, counts[item] ?? new Uint32Array()), 0);
  const rtfx = statistic(strata.map((length) => new Uint32Array(length).fill(1)));
  if (strata.every((length) => length < 2)) return { rtfx, interval: null };
  return {
    rtfx,
    interval: percentileInterval(bootstrap(strata, { ...resampling, seed, statistic }), resampling.level),
  };
}

export interface LatencySample {
  item: string | null;
  seconds: number;
}

/** Of a trial in which a few requests failed: what all of its audio would have taken at the speed of the others. */
function secondsOf({ workload, timing, metrics }: TrialRecord): number {
  return metrics.rtfx == null || metrics.rtfx === 0 ? timing.total_s : workload.audio_s / metrics.rtfx;
}

/** Of every request that was answered, from when it should have been sent (no coordinated omission). */
export function latencySamples(trials: readonly TrialRecord[]): LatencySample[] {
  return trials.flatMap(({ workload, timing, requests }) =>
    requests.length === 0
      ? [{ item: workload.item, seconds: timing.latency_s ?? timing.total_s }]
      : requests.flatMap(({ item, status, done_s, intended_s }) =>
          status === "ok" ? [{ item, seconds: done_s - intended_s }] : [],
        ),
  );
}

/** Mean over items of the median that an item spent in a stage; `other` is what the SUT does not account for. */
export function stagesOf(trials: readonly TrialRecord[]): Record<string, number> {
  const items = [...byItem(trials.filter(({ requests }) => requests.length === 0)).values()];
  const names = [...new Set(trials.flatMap(({ timing }) => Object.keys(timing.stages)))];
  if (items.length === 0 || names.length === 0) return {};
  const mean = (of: (trial: TrialRecord) => number) =>
    items.reduce((sum, repeated) => sum + median(repeated.map(of)), 0) / items.length;
  const told = names.map((name) => [name, mean(({ timing }) => timing.stages[name] ?? 0)] as const);
  const other = mean(({ timing }) => timing.total_s) - told.reduce((sum, [, seconds]) => sum + seconds, 0);
  return Object.fromEntries(other > 0 ? [...told, ["other", other]] : told);
}

function byItem(trials: readonly TrialRecord[]): Map<string | null, TrialRecord[]> {
  return Map.groupBy(trials, ({ workload }) => workload.item);
}
