/** One run config's part of the summary: its metrics with their intervals, from the trials that count. */
import type { RunConfigRecord, TrialRecord } from "../results/record.ts";
import { auditDeterminism } from "../score/determinism.ts";
import type { Interval } from "../stats/bootstrap.ts";
import { median } from "../stats/quantile.ts";
import { type Tail, tails } from "../stats/tail.ts";
import type { ItemFacts } from "../workloads/item.ts";
import { type Accuracy, accuracyOf } from "./accuracy.ts";
import type { MetricName } from "./metrics.ts";
import { isAnswered, latencySamples, speedOf, stagesOf } from "./speed.ts";

export interface ConfigSummary extends RunConfigRecord {
  trials: Record<TrialRecord["status"] | "warmup", number>;
  /** Null where it was not measured, or not often enough. */
  metrics: Record<MetricName, number | null>;
  /** 95 %, of those metrics that have one. */
  intervals: Partial<Record<MetricName, Interval>>;
  /** Requests whose latency was measured. */
  samples: number;
  /** Mean seconds of an item in each stage that the SUT told of, each item by its median. */
  stages: Record<string, number>;
  /** Items whose text was not the same in all trials. */
  unsteady: string[];
  failures: { status: TrialRecord["status"]; code: string; message: string; count: number }[];
  /** What reproduces the SUT: versions, weights. */
  sut_facts: Record<string, string>;
}

export interface ConfigTrials {
  trials: readonly TrialRecord[];
  items: ReadonlyMap<string, ItemFacts>;
  cluster: "none" | "speaker";
  seed: number;
}

export function summarizeConfig(config: RunConfigRecord, { trials, ...facts }: ConfigTrials): ConfigSummary {
  const counted = trials.filter(({ warmup }) => !warmup);
  const answered = counted.filter(isAnswered);
  const latencies = latencySamples(answered).map(({ seconds }) => seconds);
  const unanswered = answered.flatMap(({ requests }) => requests.filter(({ status }) => status !== "ok"));
  // A request without an answer is slower than any other.
  const [p90, p95, p99] = tails([...latencies, ...unanswered.map(() => Number.POSITIVE_INFINITY)]).map(finite);
  const speed = speedOf(answered, facts.seed);
  const accuracy = accuracyOf(answered, facts);
  const unsteady = unsteadyItems(answered);
  return {
    ...config,
    trials: { ...countStatuses(counted), warmup: trials.length - counted.length },
    metrics: {
      rtfx: speed.rtfx,
      rtf: speed.rtfx === null ? null : 1 / speed.rtfx,
      latency_median_s: middle(latencies),
      latency_p90_s: p90 ?? null,
      latency_p95_s: p95 ?? null,
      latency_p99_s: p99 ?? null,
      first_segment_median_s: middle(firstSegmentsOf(answered)),
      requests_per_s: middle(answered.filter(isLoad).map(rateOf)),
      sustainable_rate: middle(answered.flatMap(({ search }) => search?.sustainable_rate ?? [])),
      ...accuracy.metrics,
      rss_peak_bytes: greatest(answered, "rss_peak_bytes"),
      cpu_s_per_audio_s: perAudioSecond(answered, "cpu_s"),
      gpu_memory_peak_bytes: greatest(answered, "gpu_memory_peak_bytes"),
      gpu_energy_j_per_audio_s: perAudioSecond(answered, "gpu_energy_j"),
      ...coldPathOf(trials),
      nondeterministic_items: unsteady === null ? null : unsteady.length,
      failure_rate: counted.length === 0 ? null : (counted.length - answered.length) / counted.length,
      audio_s: answered.reduce((sum, { workload }) => sum + workload.audio_s, 0),
    },
    intervals: intervalsOf(speed.interval, accuracy),
    samples: latencies.length,
    stages: stagesOf(answered),
    unsteady: unsteady ?? [],
    failures: failuresOf(counted),
    sut_facts: trials.at(-1)?.sut_facts ?? {},
  };
}

/** Items with more than one text; null where no item was answered twice. */
function unsteadyItems(trials: readonly TrialRecord[]): string[] | null {
  const outputs = trials.flatMap(({ trial_id, workload, output, requests }) => [
    ...(workload.item === null || output === null
      ? []
      : [{ group: workload.item, trial: trial_id, text: output.text }]),
    ...requests.flatMap(({ item, text }) => (text === null ? [] : [{ group: item, trial: trial_id, text }])),
  ]);
  const audited = auditDeterminism(outputs.map((output) => ({ ...output, segments: null })));
  if (audited.length === 0) return null;
  return audited.filter(({ distinctTexts }) => distinctTexts > 1).map(({ group }) => group);
}

function countStatuses(trials: readonly TrialRecord[]): Record<TrialRecord["status"], number> {
  const counts = { ok: 0, error: 0, timeout: 0, invalid: 0 };
  for (const trial of trials) counts[isAnswered(trial) ? "ok" : trial.status] += 1;
  return counts;
}

function intervalsOf(rtfx: Interval | null, { wer }: Accuracy): ConfigSummary["intervals"] {
  return {
    ...(rtfx !== null && { rtfx, rtf: { low: 1 / rtfx.high, high: 1 / rtfx.low } }),
    ...(wer !== null && { wer }),
  };
}

/** Of the trials that had a SUT started for them; at a server that runs already, the first request stands for it. */
function coldPathOf(trials: readonly TrialRecord[]) {
  const answered = trials.filter(({ status }) => status === "ok");
  const cold = answered.filter(({ timing }) => timing.process_start_s !== null || timing.load_s !== null);
  const first = answered.filter(({ warmup }) => warmup).toSorted((a, b) => a.timing.offset_s - b.timing.offset_s);
  const firsts = cold.length > 0 ? cold : first.slice(0, 1);
  return {
    process_start_s: middle(cold.flatMap(({ timing }) => timing.process_start_s ?? [])),
    load_s: middle(cold.flatMap(({ timing }) => timing.load_s ?? [])),
    first_inference_s: middle(firsts.flatMap(({ timing }) => timing.latency_s ?? [])),
  };
}

function firstSegmentsOf(trials: readonly TrialRecord[]): number[] {
  return trials.flatMap(({ timing, requests }) => [
    ...(timing.first_segment_s === null ? [] : [timing.first_segment_s]),
    ...requests.flatMap(({ first_segment_s, intended_s }) =>
      first_segment_s === null ? [] : [first_segment_s - intended_s],
    ),
  ]);
}

const isLoad = ({ requests }: TrialRecord) => requests.length > 0;

function rateOf({ requests, timing }: TrialRecord): number {
  return requests.filter(({ status }) => status === "ok").length / timing.total_s;
}

function failuresOf(trials: readonly TrialRecord[]): ConfigSummary["failures"] {
  const failed = trials.flatMap(({ status, error, requests }) => [
    ...(status === "ok" || requests.length > 0
      ? []
      : [{ status, code: error?.code ?? status, message: error?.message ?? "" }]),
    ...requests.flatMap(({ status: own, error: why }) =>
      own === "ok" ? [] : [{ status: own, code: why?.code ?? own, message: why?.message ?? "" }],
    ),
  ]);
  return [...Map.groupBy(failed, ({ status, code }) => `${status} ${code}`).values()].flatMap(([first, ...others]) =>
    first === undefined ? [] : [{ ...first, count: 1 + others.length }],
  );
}

function greatest(trials: readonly TrialRecord[], name: string): number | null {
  const known = trials.flatMap(({ metrics }) => metrics[name] ?? []);
  return known.length === 0 ? null : known.reduce((most, value) => Math.max(most, value));
}

function perAudioSecond(trials: readonly TrialRecord[], name: string): number | null {
  const known = trials.filter(({ metrics }) => metrics[name] != null);
  const audio_s = known.reduce((sum, { workload }) => sum + workload.audio_s, 0);
  return audio_s === 0 ? null : known.reduce((sum, { metrics }) => sum + (metrics[name] ?? 0), 0) / audio_s;
}

function finite({ value }: Tail): number | null {
  return value === null || !Number.isFinite(value) ? null : value;
}

function middle(values: readonly number[]): number | null {
  return values.length === 0 ? null : median(values);
}
