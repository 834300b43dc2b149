/** Two runs side by side, run config by run config, and whether their numbers can be compared at all. */
import { type MetricName, metricNames } from "../metrics.ts";
import type { PageRun } from "./page-data.ts";
import type { Row } from "./rows.ts";

export interface ComparedConfig {
  label: string;
  first: Row;
  second: Row;
  /** Second over first; null where either is missing or the first is 0. */
  ratios: Record<MetricName, number | null>;
}

export interface ComparedRuns {
  first: PageRun;
  second: PageRun;
  /** Why not; empty where nothing speaks against it. */
  differences: string[];
  configs: ComparedConfig[];
  /** Labels of what only one of them has. */
  onlyFirst: string[];
  onlySecond: string[];
}

export function compareRuns(rows: readonly Row[], [first, second]: readonly [PageRun, PageRun]): ComparedRuns {
  const own = rows.filter(({ run }) => run === first);
  const others = new Map(rows.filter(({ run }) => run === second).map((row) => [row.config.config_key, row]));
  const inFirst = new Set(own.map(({ config }) => config.config_key));
  return {
    first,
    second,
    differences: differencesOf(first, second),
    configs: own.flatMap((row) => {
      const other = others.get(row.config.config_key);
      if (other === undefined) return [];
      const ratios = metricNames.map((name) => [name, ratioOf(row.metrics[name], other.metrics[name])] as const);
      const byName = Object.fromEntries(ratios) as ComparedConfig["ratios"];
      return [{ label: row.config.label, first: row, second: other, ratios: byName }];
    }),
    onlyFirst: own.filter(({ config }) => !others.has(config.config_key)).map(({ config }) => config.label),
    onlySecond: [...others.values()]
      .filter(({ config }) => !inFirst.has(config.config_key))
      .map(({ config }) => config.label),
  };
}

function differencesOf(first: PageRun, second: PageRun): string[] {
  return [
    ...(first.environment_key === second.environment_key
      ? []
      : [`They ran on different machines (${first.machine}; ${second.machine}): their speeds cannot be compared.`]),
    ...(first.scenario === second.scenario
      ? []
      : [`They ran different scenarios (${first.scenario}; ${second.scenario}): their times mean different things.`]),
    ...(first.normalizers === second.normalizers
      ? []
      : [
          `Their word errors were counted with different normalizers (${first.normalizers}; ${second.normalizers}); rescore one of them.`,
        ]),
    ...(first.conditions_key === second.conditions_key || first.scenario !== second.scenario
      ? []
      : ["They ran on different items, or in another manner: their numbers mean different things."]),
    ...(first.plan_hash === second.plan_hash || first.conditions_key !== second.conditions_key
      ? []
      : ["Their plans differ: other run configs, or another order."]),
    ...[first, second]
      .filter(({ status }) => status !== "complete")
      .map(({ run_id, status }) => `${run_id} is ${status}: it lacks trials.`),
  ];
}

function ratioOf(first: number | null, second: number | null): number | null {
  return first === null || second === null || first === 0 ? null : second / first;
}
