/** What became of a metric over the runs of one benchmark on one machine, and where it changed for good. */
import { findSteps, type Step } from "../stats/steps.ts";
import type { MetricName } from "./metrics.ts";
import type { RunSummary } from "./summary.ts";

export interface MetricHistory {
  config_key: string;
  label: string;
  metric: MetricName;
  /** By time. */
  points: { run_id: string; started: string; commit: string | null; value: number }[];
  steps: Step[];
}

const followed = ["rtfx", "wer", "rss_peak_bytes"] as const satisfies MetricName[];

/** Two points are a line; one is none. Runs of other items, of another scenario or machine measured something else. */
export function historyOf(runs: readonly RunSummary[], like: RunSummary): MetricHistory[] {
  const same = [...new Map(runs.map((run) => [run.run_id, run])).values()]
    .filter(
      (run) =>
        run.environment_key === like.environment_key &&
        run.name === like.name &&
        run.conditions_key === like.conditions_key,
    )
    .toSorted((a, b) => a.started.localeCompare(b.started));
  if (same.length < 2) return [];
  return like.configs.flatMap(({ config_key, label }) =>
    followed.flatMap((metric): MetricHistory[] => {
      const points = same.flatMap((run) => {
        const value = run.configs.find((config) => config.config_key === config_key)?.metrics[metric] ?? null;
        const { run_id, started, provenance } = run;
        return value === null ? [] : [{ run_id, started, commit: provenance.commit, value }];
      });
      if (points.length < 2) return [];
      const steps = findSteps(
        points.map(({ value }) => value),
        { seed: 1 },
      );
      return [{ config_key, label, metric, points, steps }];
    }),
  );
}
