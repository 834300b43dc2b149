/** What every report puts first: one row for each run config, with the metrics that matter most and were measured. */
import type { ConfigSummary } from "./config-summary.ts";
import { formatMetric } from "./format.ts";
import type { MetricName } from "./metrics.ts";
import type { RunSummary } from "./summary.ts";

/** By falling importance. */
export const headlineMetrics = [
  "rtfx",
  "latency_median_s",
  "wer",
  "sustainable_rate",
  "requests_per_s",
  "rss_peak_bytes",
  "cpu_s_per_audio_s",
  "latency_p95_s",
  "latency_p99_s",
  "latency_p90_s",
  "first_segment_median_s",
  "hallucination_rate",
  "gpu_memory_peak_bytes",
  "gpu_energy_j_per_audio_s",
] as const satisfies MetricName[];

export function measuredMetrics<Name extends MetricName>(
  configs: readonly ConfigSummary[],
  names: readonly Name[],
): Name[] {
  return names.filter((name) => configs.some(({ metrics }) => metrics[name] !== null));
}

export function isSupported({ unsupported }: ConfigSummary): boolean {
  return unsupported.length === 0;
}

/** With plain spaces, which a terminal and a comparison of texts take better. */
export function plainMetric(name: MetricName, { metrics }: ConfigSummary): string {
  return formatMetric(name, metrics[name]).replaceAll("\u00a0", " ");
}

export function trialsText({ trials }: ConfigSummary): string {
  const all = trials.ok + trials.error + trials.timeout + trials.invalid;
  return all === trials.ok ? String(all) : `${trials.ok}/${all}`;
}

/** One line for each SUT and set of parameters that it cannot be told. */
export function unsupportedLines({ configs }: RunSummary): string[] {
  const groups = Map.groupBy(
    configs.filter((config) => !isSupported(config)),
    ({ sut, unsupported }) => `${sut} cannot be told ${unsupported.join(", ")}`,
  );
  return [...groups].map(
    ([why, group]) => `${why}: ${group.length} run config${group.length === 1 ? "" : "s"} not run`,
  );
}

export function durationText({ started, ended }: RunSummary): string {
  const from = `${started.slice(0, 10)} ${started.slice(11, 16)} UTC`;
  if (ended === null) return `${from}, unfinished`;
  const minutes = (Date.parse(ended) - Date.parse(started)) / 60_000;
  return `${from}, ${minutes < 1.5 ? `${Math.round(minutes * 60)} s` : `${Math.round(minutes)} min`}`;
}
