/** The model of a run's report: its summary with what the plots and the alignment view need of the trials. */
import type { Comparison } from "../compare/compare.ts";
import type { RunDocuments } from "../results/reader.ts";
import { outliers } from "../stats/outliers.ts";
import { ascending, median, quantile } from "../stats/quantile.ts";
import { historyOf, type MetricHistory } from "./history.ts";
import { findMistakes, type Mistakes } from "./mistakes.ts";
import { isAnswered, type LatencySample, latencySamples } from "./speed.ts";
import { type RunSummary, summarizeRun } from "./summary.ts";

export interface RunReport {
  summary: RunSummary;
  definition: RunDocuments["run"]["definition"];
  /** Of the run configs that have any. */
  distributions: Distribution[];
  mistakes: Mistakes;
  /** Null where nothing was compared. */
  comparison: Comparison | null;
  /** Of earlier runs with this one. */
  histories: MetricHistory[];
}

export interface Distribution {
  config_key: string;
  samples_s: number[];
  quartiles_s: [number, number, number];
  /** Places in `samples_s`: far from the median of their own item, as logarithms, since times are skewed by nature. */
  outliers: number[];
}

export interface ReportOptions {
  /** Summaries of earlier runs; those that measured something else are left out. */
  earlier?: readonly RunSummary[];
  comparison?: Comparison | null;
}

/** Letters of texts with errors: a report of ten thousand trials stays below 10 MB with them. */
const alignmentBudget = 3_000_000;

export function reportRun(documents: RunDocuments, { earlier = [], comparison = null }: ReportOptions = {}): RunReport {
  const { run, trials } = documents;
  const summary = summarizeRun(documents);
  const answered = trials.filter((trial) => !trial.warmup && isAnswered(trial));
  const byConfig = Map.groupBy(answered, ({ config_key }) => config_key);
  return {
    summary,
    definition: run.definition,
    distributions: run.configs.flatMap(({ config_key }) => {
      const samples = latencySamples(byConfig.get(config_key) ?? []).filter(({ seconds }) => seconds > 0);
      return samples.length === 0 ? [] : [{ config_key, ...shapeOf(samples) }];
    }),
    mistakes: findMistakes(answered, {
      configs: run.configs.map(({ config_key }) => config_key),
      items: new Map(run.items.map((item) => [item.key, item])),
      budget: alignmentBudget,
    }),
    comparison,
    histories: historyOf([...earlier, summary], summary),
  };
}

function shapeOf(samples: readonly LatencySample[]): Omit<Distribution, "config_key"> {
  const samples_s = samples.map(({ seconds }) => seconds);
  const sorted = samples_s.toSorted(ascending);
  const usual = new Map(
    [...Map.groupBy(samples, ({ item }) => item)].map(([item, own]) => [
      item,
      median(own.map(({ seconds }) => seconds)),
    ]),
  );
  return {
    samples_s,
    quartiles_s: [quantile(sorted, 0.25), quantile(sorted, 0.5), quantile(sorted, 0.75)],
    outliers: outliers(samples.map(({ item, seconds }) => Math.log(seconds / (usual.get(item) ?? seconds)))),
  };
}
