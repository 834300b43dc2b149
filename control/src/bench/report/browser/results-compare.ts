/** Two runs side by side on the results page. */
import { formatMetric, nothing, threeDigits } from "../format.ts";
import { infoOf, type MetricName } from "../metrics.ts";
import { type Child, h, type Element as Tree } from "../node.ts";
import { type ComparedRuns, compareRuns } from "../page/compare-runs.ts";
import type { PageRun } from "../page/page-data.ts";
import type { Row } from "../page/rows.ts";
import { byId, toDom } from "./to-dom.ts";

const compared: readonly MetricName[] = [
  "rtfx",
  "latency_median_s",
  "latency_p95_s",
  "wer",
  "rss_peak_bytes",
  "cpu_s_per_audio_s",
];

export function installComparison(rows: readonly Row[], measured: readonly MetricName[]): void {
  const runs = [...new Set(rows.map(({ run }) => run))];
  const first = byId("first") as HTMLSelectElement;
  const second = byId("second") as HTMLSelectElement;
  for (const select of [first, second]) {
    select.append(...runs.map((run, place) => toDom(h("option", { value: place }, nameOf(run)))));
  }
  // The two newest of one benchmark, the older first.
  const newest = runs[0];
  const before = runs.findIndex((run, place) => place > 0 && run.name === newest?.name);
  first.value = String(before === -1 ? Math.min(1, runs.length - 1) : before);
  second.value = "0";
  const draw = () => {
    const [a, b] = [runs[Number(first.value)], runs[Number(second.value)]];
    if (a === undefined || b === undefined) return;
    const names = compared.filter((name) => measured.includes(name));
    byId("compared").replaceChildren(toDom(comparison(compareRuns(rows, [a, b]), names)));
  };
  first.addEventListener("change", draw);
  second.addEventListener("change", draw);
  draw();
}

function nameOf({ name, started, run_id, commit }: PageRun): string {
  return [name, started.slice(0, 16).replace("T", " "), run_id, commit ?? ""].filter(Boolean).join(" · ");
}

function comparison(runs: ComparedRuns, names: readonly MetricName[]): Child {
  const { differences, configs, onlyFirst, onlySecond } = runs;
  if (runs.first === runs.second) return h("p", {}, "Choose two different runs.");
  return [
    differences.length === 0
      ? h("p", { class: "good" }, "Comparable: the same machine, scenario, plan and normalizer.")
      : h("ul", { class: "warning" }, ...differences.map((difference) => h("li", {}, difference))),
    configs.length === 0
      ? h("p", {}, "They have no run config in common.")
      : h("div", { class: "wide", tabindex: 0, role: "region", "aria-label": "Two runs" }, table(runs, names)),
    onlyOne("Only in the first", onlyFirst),
    onlyOne("Only in the second", onlySecond),
  ];
}

function table({ configs }: ComparedRuns, names: readonly MetricName[]): Tree {
  return h(
    "table",
    { class: "pairs" },
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        h("th", { scope: "col", rowspan: 2 }, "run config"),
        ...names.map((name) =>
          h("th", { scope: "colgroup", colspan: 3, class: "number", title: infoOf(name).about }, infoOf(name).title),
        ),
      ),
      h(
        "tr",
        {},
        ...names.flatMap(() => [
          h("th", { scope: "col", class: "number" }, "first"),
          h("th", { scope: "col", class: "number" }, "second"),
          h("th", { scope: "col", class: "number" }, "ratio"),
        ]),
      ),
    ),
    h(
      "tbody",
      {},
      ...configs.map(({ label, first, second, ratios }) =>
        h(
          "tr",
          {},
          h("th", { scope: "row" }, label),
          ...names.flatMap((name) => [
            h("td", { class: "number" }, formatMetric(name, first.metrics[name])),
            h("td", { class: "number" }, formatMetric(name, second.metrics[name])),
            ratioCell(name, ratios[name]),
          ]),
        ),
      ),
    ),
  );
}

/** Small differences are no news: without the trials nobody can tell whether they are any. */
const notable = 0.05;

function ratioCell(name: MetricName, ratio: number | null): Tree {
  if (ratio === null) return h("td", { class: "number ratio" }, nothing);
  const { better } = infoOf(name);
  const change = better === "higher" ? ratio - 1 : 1 - ratio;
  if (Math.abs(change) < notable || better === "neither")
    return h("td", { class: "number ratio" }, `×${threeDigits(ratio)}`);
  return change > 0
    ? h("td", { class: "number ratio good" }, `×${threeDigits(ratio)} better`)
    : h("td", { class: "number ratio bad" }, `×${threeDigits(ratio)} worse`);
}

function onlyOne(title: string, labels: readonly string[]): Child {
  if (labels.length === 0) return null;
  return h(
    "details",
    {},
    h("summary", {}, `${title}: ${labels.length}`),
    h("ul", {}, ...labels.map((label) => h("li", {}, label))),
  );
}
