/** The history of a run config on the results page. */

import { findSteps } from "../../stats/steps.ts";
import { formatMetric } from "../format.ts";
import { infoOf, type MetricName } from "../metrics.ts";
import { h } from "../node.ts";
import type { PageRun } from "../page/page-data.ts";
import type { Row } from "../page/rows.ts";
import { historyPlot } from "../plot/history.ts";
import { byId, toDom } from "./to-dom.ts";

export function installHistory(rows: readonly Row[], measured: readonly MetricName[]): void {
  const groups = [...Map.groupBy(rows, ({ run }) => groupOf(run))];
  const group = byId("line-of") as HTMLSelectElement;
  const config = byId("line-config") as HTMLSelectElement;
  const metric = byId("line-metric") as HTMLSelectElement;
  group.append(...groups.map(([name], place) => toDom(h("option", { value: place }, name))));
  metric.append(...measured.map((name) => toDom(h("option", { value: name }, infoOf(name).title))));
  const own = () => groups[Number(group.value)]?.[1] ?? [];
  const fill = () => {
    const labels = new Map(own().map((row) => [row.config.config_key, row.config.label]));
    config.replaceChildren(...[...labels].map(([key, label]) => toDom(h("option", { value: key }, label))));
    draw();
  };
  const draw = () => {
    const name = measured.find((candidate) => candidate === metric.value);
    if (name !== undefined) byId("line").replaceChildren(toDom(line(own(), { config: config.value, name })));
  };
  group.addEventListener("change", fill);
  config.addEventListener("change", draw);
  metric.addEventListener("change", draw);
  fill();
}

/** Runs whose numbers mean the same. */
function groupOf({ name, machine, environment_key, scenario, conditions_key }: PageRun): string {
  return `${name} on ${machine} (${environment_key.slice(0, 8)}), ${scenario} (${conditions_key.slice(0, 8)})`;
}

function line(rows: readonly Row[], { config, name }: { config: string; name: MetricName }) {
  const points = rows
    .filter((row) => row.config.config_key === config && row.metrics[name] !== null)
    .toSorted((a, b) => a.run.started.localeCompare(b.run.started));
  if (points.length < 2) return h("p", {}, `${points.length} run has it: a history takes two.`);
  const values = points.map(({ metrics }) => metrics[name] ?? 0);
  const format = (value: number) => formatMetric(name, value);
  const history = {
    label: `${infoOf(name).title}, ${points[0]?.config.label ?? ""}`,
    series: 0,
    points: points.map(({ run }, place) => ({
      started: run.started,
      value: values[place] ?? 0,
      details: [
        `${infoOf(name).title} ${format(values[place] ?? 0)}`,
        `${run.started.slice(0, 10)} ${run.run_id}`,
        ...(run.commit === null ? [] : [`commit ${run.commit}`]),
      ],
    })),
    steps: findSteps(values, { seed: 1 }),
  };
  return h("figure", {}, historyPlot(history, { format, wide: true }));
}
