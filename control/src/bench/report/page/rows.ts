/** Rows of the results page: filtered by any axis, averaged over any axis, sorted by any metric. */
import { betterFirst, infoOf, type MetricName, metricNames } from "../metrics.ts";
import type { PageConfig, PageData, PageRun } from "./page-data.ts";

export interface Row {
  run: PageRun;
  config: PageConfig;
  ok: number;
  failed: number;
  metrics: Record<MetricName, number | null>;
  /** By axis, those that no row differs on among them; missing where the parameter is left to the SUT. */
  values: Readonly<Record<string, string>>;
}

/** A row as it is shown: of one run config of one run, or an average, that has no values on the axes averaged over. */
export interface ShownRow extends Omit<Row, "run" | "config"> {
  of: Row[];
  /** What is averaged over here, with how many values it has. */
  averaged: { axis: string; values: number }[];
}

export interface Axis {
  name: string;
  values: string[];
}

/** Each is an axis beside the parameters of the run configs. */
const runAxes: Record<string, (of: { run: PageRun; config: PageConfig }) => string> = {
  benchmark: ({ run }) => run.name,
  run: ({ run }) => `${run.started.slice(0, 16).replace("T", " ")} ${run.run_id}`,
  environment: ({ run }) => `${run.machine} (${run.environment_key.slice(0, 8)})`,
  scenario: ({ run }) => run.scenario,
  normalizer: ({ run }) => run.normalizers,
  sut: ({ config }) => config.sut,
};

export function unpackRows({ runs, configs, metrics, rows }: PageData): Row[] {
  return rows.flatMap(([run, config, ok, failed, ...values]) => {
    const [ofRun, ofConfig] = [runs[run], configs[config]];
    if (ofRun === undefined || ofConfig === undefined) return [];
    const own = new Map(metrics.map((name, place) => [name, values[place] ?? null]));
    const named = metricNames.map((name) => [name, own.get(name) ?? null] as const);
    const of = { run: ofRun, config: ofConfig };
    const ofRunAxes = Object.entries(runAxes).map(([axis, tell]) => [axis, tell(of)] as const);
    const byAxis = { ...ofConfig.parameters, ...Object.fromEntries(ofRunAxes) };
    const byName = Object.fromEntries(named) as Row["metrics"];
    return [{ ...of, ok, failed, metrics: byName, values: byAxis }];
  });
}

/** What a row has on an axis; "" is a parameter that is left to the SUT. */
export function valueOn(axis: string, row: Row): string {
  return row.values[axis] ?? "";
}

/** Axes on which the rows differ, runs first. */
export function axesOf(rows: readonly Row[]): Axis[] {
  const parameters = new Set(rows.flatMap(({ config }) => Object.keys(config.parameters)));
  return [...Object.keys(runAxes), ...parameters]
    .map((name) => ({ name, values: [...new Set(rows.map((row) => valueOn(name, row)))].toSorted(inOrder) }))
    .filter(({ values }) => values.length > 1);
}

/** Chosen values by axis; an axis with none chosen lets everything through. */
export function filterRows(rows: readonly Row[], chosen: ReadonlyMap<string, ReadonlySet<string>>): Row[] {
  const wanted = [...chosen].filter(([, values]) => values.size > 0);
  return rows.filter((row) => wanted.every(([axis, values]) => values.has(valueOn(axis, row))));
}

/** Rows that are equal on all axes but those that are averaged over become one. */
export function averageRows(
  rows: readonly Row[],
  { axes, over }: { axes: readonly string[]; over: ReadonlySet<string> },
): ShownRow[] {
  if (over.size === 0) return rows.map((row) => ({ ...row, of: [row], averaged: [] }));
  const kept = axes.filter((axis) => !over.has(axis));
  const groups = Map.groupBy(rows, (row) => JSON.stringify(kept.map((axis) => valueOn(axis, row))));
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    return [
      {
        values: Object.fromEntries(kept.map((axis) => [axis, valueOn(axis, first)])),
        of: group,
        averaged: [...over]
          .map((axis) => ({ axis, values: new Set(group.map((row) => valueOn(axis, row))).size }))
          .filter(({ values }) => values > 1),
        ok: group.reduce((sum, { ok }) => sum + ok, 0),
        failed: group.reduce((sum, { failed }) => sum + failed, 0),
        metrics: Object.fromEntries(metricNames.map((name) => [name, averageOf(name, group)])) as Row["metrics"],
      },
    ];
  });
}

/** Of what was measured: null where no row has it. */
function averageOf(name: MetricName, rows: readonly Row[]): number | null {
  const known = rows.flatMap(({ metrics }) =>
    metrics[name] === null ? [] : [{ value: metrics[name], words: metrics.words ?? 0 }],
  );
  if (known.length === 0) return null;
  const sum = (of: (one: (typeof known)[number]) => number) => known.reduce((total, one) => total + of(one), 0);
  const words = sum((one) => one.words);
  switch (infoOf(name).mean) {
    case "sum":
      return sum(({ value }) => value);
    case "by-words":
      return words > 0 ? sum((one) => one.value * one.words) / words : sum(({ value }) => value) / known.length;
    case "geometric":
      if (known.every(({ value }) => value > 0)) return Math.exp(sum(({ value }) => Math.log(value)) / known.length);
      return sum(({ value }) => value) / known.length;
    case "arithmetic":
      return sum(({ value }) => value) / known.length;
  }
}

/** What a reader must know of averages: null where every row is one run config of one run. */
export function warningOf(rows: readonly ShownRow[]): string | null {
  const averaged = new Set(rows.flatMap((row) => row.averaged.map(({ axis }) => axis)));
  if (averaged.size === 0) return null;
  const mixed = [...averaged].filter((axis) => axis !== "run");
  const parts = [
    ...(mixed.length > 0 ? [`Each row is an average over ${mixed.join(", ")}: no such thing was run.`] : []),
    ...(averaged.has("environment") ? ["It mixes machines, whose speeds cannot be compared."] : []),
    ...(averaged.has("normalizer") ? ["It mixes normalizers, whose word errors cannot be compared."] : []),
    ...(isUneven(rows, mixed)
      ? ["The rows average over different sets of run configs, so that they differ by what was run, too."]
      : []),
  ];
  return parts.length === 0 ? null : parts.join(" ");
}

/** Whether some row lacks a combination that another one has. */
function isUneven(rows: readonly ShownRow[], axes: readonly string[]): boolean {
  const sets = rows.map(({ of }) => [...new Set(of.map((row) => axes.map((axis) => valueOn(axis, row)).join("\n")))]);
  return new Set(sets.map((set) => set.toSorted().join("\f"))).size > 1;
}

/** By a metric, the better end first, or by what is on an axis; `reversed` the other way round, what is unknown last. */
export function sortRows(rows: readonly ShownRow[], { by, reversed }: { by: string; reversed: boolean }): ShownRow[] {
  const name = metricNames.find((metric) => metric === by);
  const sign = reversed ? -1 : 1;
  if (name === undefined) {
    return rows.toSorted((a, b) => sign * inOrder(a.values[by] ?? "", b.values[by] ?? ""));
  }
  return rows.toSorted((a, b) => {
    const pair = [a.metrics[name], b.metrics[name]] as const;
    return pair.includes(null) ? betterFirst(name, pair) : sign * betterFirst(name, pair);
  });
}

/** Numbers by their size, also within words. */
function inOrder(a: string, b: string): number {
  return collator.compare(a, b);
}

const collator = new Intl.Collator("en", { numeric: true });
