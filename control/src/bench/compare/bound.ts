/** Gates with a bound: a metric of a run config must be at most or at least so much, whatever the others do. */
import type { Gate } from "../definition/schema.ts";
import type { Interval, Resampling } from "../stats/bootstrap.ts";
import { serviceLevel } from "../stats/tail.ts";
import { pooledWer } from "../stats/wer.ts";
import type { GateOutcome, GateResult } from "./gate-result.ts";
import type { Sample, SideConfig } from "./side.ts";
import { percent, rounded } from "./words.ts";

export type BoundGate = Exclude<Gate, { tolerance: number }>;

/** A run config's part of a summary. */
export interface ConfigMetrics {
  metrics: Readonly<Record<string, number | null>>;
  intervals: Readonly<Record<string, Interval | undefined>>;
}

export interface Bounded {
  config: SideConfig;
  samples: readonly Sample[];
  summary: ConfigMetrics | undefined;
  resampling: Resampling;
}

type Held = Pick<GateResult, "outcome" | "p" | "further" | "message">;

/** Latency percentiles by the requests, word errors by the utterances, any other metric by the summary. */
export function holdBound(gate: BoundGate, bounded: Bounded): GateResult {
  const { config_key, label } = bounded.config;
  return { gate, config_key, label, reference: null, p_adjusted: null, ...held(gate, bounded) };
}

function held(gate: BoundGate, bounded: Bounded): Held {
  const { metric, at_most } = gate;
  const percentile = /^latency_p(\d\d)_s$/.exec(metric)?.[1];
  if (percentile !== undefined && at_most !== undefined) {
    return holdLatency(bounded.samples, { part: Number(percentile) / 100, limit: at_most });
  }
  if ((metric === "wer" || metric === "cer") && at_most !== undefined)
    return holdErrors(metric, { ...bounded, at_most });
  return holdMetric(gate, bounded.summary);
}

function holdLatency(samples: readonly Sample[], slo: { part: number; limit: number }): Held {
  const {
    verdict,
    late,
    samples: requests,
    ...told
  } = serviceLevel(
    samples.flatMap(({ latencies_s }) => latencies_s),
    slo,
  );
  const outcome = { met: "pass", missed: "regression", inconclusive: "inconclusive" } as const;
  const message = `${late} of ${requests} requests took longer than ${slo.limit} s, ${percent(1 - slo.part)} may`;
  return { outcome: outcome[verdict], p: told.p_missed, further: told.further_samples, message };
}

function holdErrors(metric: "wer" | "cer", { samples, resampling, at_most }: Bounded & { at_most: number }): Held {
  const scored = samples
    .filter(({ status }) => status === "ok")
    .flatMap(({ words, characters }) => (metric === "wer" ? words : characters));
  if (scored.length === 0) return unmeasured(metric);
  const { wer, low, high, level, p_above } = pooledWer(scored, { ...resampling, bound: at_most });
  const message = `${percent(wer)} (${percent(level)}: ${percent(low)} to ${percent(high)}), at most ${percent(at_most)}`;
  return { outcome: outcomeOf({ low, high }, { at_most }), p: p_above, further: null, message };
}

/** Where there is no interval, the value alone decides: it is what this run has measured. */
function holdMetric({ metric, at_most, at_least }: BoundGate, summary: ConfigMetrics | undefined): Held {
  const value = summary?.metrics[metric] ?? null;
  if (value === null || (at_most === undefined && at_least === undefined)) return unmeasured(metric);
  const interval = summary?.intervals[metric];
  const bounds = [
    ...(at_most === undefined ? [] : [`at most ${rounded(at_most)}`]),
    ...(at_least === undefined ? [] : [`at least ${rounded(at_least)}`]),
  ];
  const reach = interval === undefined ? "" : ` (${rounded(interval.low)} to ${rounded(interval.high)})`;
  return {
    outcome: outcomeOf(interval ?? { low: value, high: value }, { at_most, at_least }),
    p: null,
    further: null,
    message: `${metric} is ${rounded(value)}${reach}, ${bounds.join(" and ")}`,
  };
}

function unmeasured(metric: string): Held {
  return { outcome: "unmeasured", p: null, further: null, message: `${metric} was not measured` };
}

function outcomeOf(
  { low, high }: Interval,
  { at_most = Number.POSITIVE_INFINITY, at_least = Number.NEGATIVE_INFINITY }: Pick<BoundGate, "at_most" | "at_least">,
): GateOutcome {
  if (low > at_most || high < at_least) return "regression";
  return high <= at_most && low >= at_least ? "pass" : "inconclusive";
}
