/** How right a run config was: pooled error rates with S/D/I, and what it says where nothing is said. */
import type { TrialRecord } from "../results/record.ts";
import { type Interval, usualResampling } from "../stats/bootstrap.ts";
import { leastUnits } from "../stats/verdict.ts";
import { pooledWer } from "../stats/wer.ts";
import type { ItemFacts } from "../workloads/item.ts";
import type { MetricName } from "./metrics.ts";

const accuracyMetrics = [
  "wer",
  "wer_raw",
  "cer",
  "words",
  "substitutions",
  "deletions",
  "insertions",
  "hallucination_rate",
  "hallucinated_wpm",
  "repeated_5grams",
] as const satisfies MetricName[];

export interface Accuracy {
  metrics: Record<(typeof accuracyMetrics)[number], number | null>;
  /** Of the WER; null from fewer items or speakers than an interval can be drawn from. */
  wer: Interval | null;
}

export function accuracyOf(
  trials: readonly TrialRecord[],
  { items, cluster, seed }: { items: ReadonlyMap<string, ItemFacts>; cluster: "none" | "speaker"; seed: number },
): Accuracy {
  const scored = trials.flatMap(({ workload, metrics }) => {
    const { words, errors } = metrics;
    if (words == null || errors == null || words === 0) return [];
    const speaker = cluster === "speaker" ? items.get(workload.item ?? "")?.speaker : null;
    return [{ item: workload.item ?? "all", words, errors, ...(speaker != null && { cluster: speaker }) }];
  });
  const pooled = scored.length === 0 ? null : pooledWer(scored, { ...usualResampling, resamples: 2000, seed });
  return {
    metrics: {
      wer: pooled?.wer ?? null,
      wer_raw: ratio(trials, ["raw_errors", "raw_words"]),
      cer: ratio(trials, ["character_errors", "characters"]),
      words: total(trials, "words"),
      substitutions: total(trials, "substitutions"),
      deletions: total(trials, "deletions"),
      insertions: total(trials, "insertions"),
      hallucination_rate: share(total(trials, "nonspeech_nonempty"), nonspeechAnswers(trials, items)),
      hallucinated_wpm: share(total(trials, "hallucinated_words"), (total(trials, "nonspeech_s") ?? 0) / 60),
      repeated_5grams: total(trials, "repeated_5grams"),
    },
    wer: pooled !== null && pooled.units >= leastUnits ? { low: pooled.low, high: pooled.high } : null,
  };
}

/** Answers to sounds that hold no speech. */
function nonspeechAnswers(trials: readonly TrialRecord[], items: ReadonlyMap<string, ItemFacts>): number {
  const isNonspeech = (key: string | null) => {
    const item = items.get(key ?? "");
    return item !== undefined && (item.expect === "empty" || item.text === "");
  };
  return trials.reduce((sum, { workload, requests }) => {
    if (requests.length === 0) return sum + Number(isNonspeech(workload.item));
    return sum + requests.filter(({ item, text }) => text !== null && isNonspeech(item)).length;
  }, 0);
}

function total(trials: readonly TrialRecord[], name: string): number | null {
  const known = trials.flatMap(({ metrics }) => metrics[name] ?? []);
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0);
}

function ratio(trials: readonly TrialRecord[], [above, below]: readonly [string, string]): number | null {
  return share(total(trials, above), total(trials, below));
}

function share(dividend: number | null, divisor: number | null): number | null {
  return dividend === null || divisor === null || divisor === 0 ? null : dividend / divisor;
}
