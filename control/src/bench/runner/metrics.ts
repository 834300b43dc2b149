/** The numbers of a trial, by name: of its speed, its words and what it used; whatever could not be measured is null. */
import type { Definition } from "../definition/schema.ts";
import type { TrialRecord } from "../results/record.ts";
import type { Exchange, ScenarioOutcome } from "../scenarios/scenario.ts";
import { type HeardText, scoreTexts } from "../score/texts.ts";

export type TrialMetrics = TrialRecord["metrics"];

/** What process trees used during a trial; null where it cannot be seen from here. */
export interface UsageReading {
  cpu_s: number | null;
  rss_peak_bytes: number | null;
  gpu_memory_peak_bytes: number | null;
  gpu_energy_j: number | null;
}

export interface Capture {
  start(pids: readonly number[]): { stop(): UsageReading };
}

export interface TrialFindings {
  outcome: ScenarioOutcome;
  usage: UsageReading;
  normalizer: Definition["scoring"]["normalizer"];
  /** Of items that name none. */
  language: string | null;
}

export function metricsOf({ outcome, usage, normalizer, language }: TrialFindings): TrialMetrics {
  const { exchanges, total_s } = outcome;
  const answered = exchanges.flatMap(({ item, outcome: each }): HeardText[] =>
    each.ok ? [{ item, hypothesis: each.answer.text }] : [],
  );
  const audio_s = answered.reduce((sum, { item }) => sum + item.duration_s, 0);
  const isMeasured = audio_s > 0 && total_s > 0;
  return {
    rtf: isMeasured ? total_s / audio_s : null,
    rtfx: isMeasured ? audio_s / total_s : null,
    ...(exchanges.length > 1 && loadMetrics(exchanges, answered.length)),
    ...scoreTexts(answered, { normalizer, language }),
    ...usage,
  };
}

/** `lateness_max_s` is the harness's own: how much later than intended a request was sent. */
function loadMetrics(exchanges: readonly Exchange[], answered: number): TrialMetrics {
  return {
    failed_requests: exchanges.length - answered,
    lateness_max_s: exchanges.reduce((most, { sent_s, intended_s }) => Math.max(most, sent_s - intended_s), 0),
  };
}
