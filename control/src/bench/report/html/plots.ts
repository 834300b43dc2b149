/** The plots of a run's report, each in a section of its own. */
import type { ConfigSummary } from "../config-summary.ts";
import { formatMetric } from "../format.ts";
import { infoOf } from "../metrics.ts";
import { type Child, type Element, h } from "../node.ts";
import { distributionPlot } from "../plot/distribution.ts";
import { legend, seriesClass } from "../plot/frame.ts";
import { historyPlot } from "../plot/history.ts";
import { scatterPlot } from "../plot/scatter.ts";
import { stagesPlot } from "../plot/stages.ts";
import type { RunReport } from "../run-report.ts";
import { seriesOf } from "./series.ts";

/** More rows than these are folded away at first. */
const manyRows = 24;

function plotSection({ id, title, about }: { id: string; title: string; about: string }, ...parts: Child[]): Element {
  return h("section", { id }, h("h2", {}, title), h("p", { class: "about" }, about), ...parts);
}

export function scatterSection(report: RunReport): Element | null {
  const series = seriesOf(report);
  const points = report.summary.configs.flatMap((config) => {
    const { label, metrics, intervals, sut } = config;
    if (metrics.rtfx === null || metrics.wer === null) return [];
    const place = series.get(sut) ?? 0;
    return [
      {
        label: label.startsWith(`${sut} `) ? label.slice(sut.length + 1) : label,
        details: detailsOf(config),
        series: place,
        rtfx: metrics.rtfx,
        wer: metrics.wer,
        rtfxInterval: intervals.rtfx,
        werInterval: intervals.wer,
      },
    ];
  });
  if (points.length === 0) return null;
  return plotSection(
    {
      id: "tradeoff",
      title: "Speed against errors",
      about: "The line is the Pareto front: no run config beats one of it in both. Whiskers are 95 % intervals.",
    },
    legend([...series.keys()]),
    h("figure", {}, scatterPlot(points)),
  );
}

function detailsOf({ label, metrics }: ConfigSummary): string[] {
  const names = ["rtfx", "wer", "latency_median_s", "rss_peak_bytes"] as const;
  return [
    label,
    ...names
      .filter((name) => metrics[name] !== null)
      .map((name) => `${infoOf(name).title} ${formatMetric(name, metrics[name])}`),
  ];
}

export function latencySection(report: RunReport): Element | null {
  const series = seriesOf(report);
  const rows = report.distributions.flatMap(({ config_key, ...shape }) => {
    const config = report.summary.configs.find((candidate) => candidate.config_key === config_key);
    return config === undefined ? [] : [{ label: config.label, series: series.get(config.sut) ?? 0, ...shape }];
  });
  if (rows.length === 0) return null;
  return plotSection(
    {
      id: "latency",
      title: "Latency",
      about:
        "Every request that was answered: the box holds the middle half, its line is the median, crosses are outliers: far from what the same item took otherwise (a modified z-score of the logarithm above 3.5). They are kept in every figure.",
    },
    legend([...series.keys()]),
    folded(rows.length, h("figure", {}, distributionPlot(rows))),
  );
}

export function stagesSection({ summary }: RunReport): Element | null {
  const rows = summary.configs.filter(({ stages }) => Object.keys(stages).length > 0);
  if (rows.length === 0) return null;
  const names = [...new Set(rows.flatMap(({ stages }) => Object.keys(stages)))].toSorted(
    (a, b) => Number(a === "other") - Number(b === "other"),
  );
  return plotSection(
    {
      id: "stages",
      title: "Stages",
      about:
        "Where the time of an item goes, as the SUT itself tells it; the mean over items of each item's median. What it does not account for is “other”.",
    },
    h(
      "ul",
      { class: "legend" },
      ...names.map((name, place) =>
        h(
          "li",
          { class: seriesClass(place) },
          h(
            "svg",
            { viewBox: "0 0 14 14", width: 14, height: 14, "aria-hidden": "true" },
            h("rect", { class: name === "other" ? "stage rest" : "stage", width: 14, height: 14 }),
          ),
          name,
        ),
      ),
    ),
    folded(rows.length, h("figure", {}, stagesPlot(rows, { names }))),
  );
}

export function historySection(report: RunReport): Element | null {
  const { histories, summary } = report;
  if (histories.length === 0) return null;
  const series = seriesOf(report);
  const runs = new Set(histories.flatMap(({ points }) => points.map(({ run_id }) => run_id))).size;
  const figure = (history: (typeof histories)[number]) => {
    const { label, metric, points, steps, config_key } = history;
    const sut = summary.configs.find((config) => config.config_key === config_key)?.sut ?? "";
    const format = (value: number) => formatMetric(metric, value);
    const line = {
      label: `${infoOf(metric).title}, ${label}`,
      series: series.get(sut) ?? 0,
      points: points.map(({ run_id, started, commit, value }) => ({
        started,
        value,
        details: [
          `${infoOf(metric).title} ${format(value)}`,
          `${started.slice(0, 10)} ${run_id}`,
          ...(commit === null ? [] : [`commit ${commit.slice(0, 12)}`]),
        ],
      })),
      steps,
    };
    return h("figure", {}, historyPlot(line, { format }));
  };
  const stepped = histories.filter(({ steps }) => steps.length > 0);
  const even = histories.filter(({ steps }) => steps.length === 0);
  return plotSection(
    {
      id: "history",
      title: "History",
      about: `${runs} runs of this definition on this machine. A dashed line is a step: before and after it are different levels (E-divisive, p at most 0.01).`,
    },
    stepped.length > 0
      ? h("div", { class: "multiples" }, ...stepped.map(figure))
      : h("p", {}, "No metric of any run config has a step."),
    even.length > 0 &&
      h(
        "details",
        { open: stepped.length === 0 && even.length <= 6 },
        h("summary", {}, `${even.length} without a step`),
        h("div", { class: "multiples" }, ...even.map(figure)),
      ),
  );
}

function folded(rows: number, figure: Element): Element {
  return rows <= manyRows ? figure : h("details", {}, h("summary", {}, `${rows} run configs`), figure);
}
