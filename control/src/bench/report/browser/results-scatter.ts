/** The scatter plot of the rows that are chosen on the results page. */
import { formatMetric } from "../format.ts";
import { infoOf } from "../metrics.ts";
import { h } from "../node.ts";
import type { ShownRow } from "../page/rows.ts";
import { legend } from "../plot/frame.ts";
import { scatterPlot } from "../plot/scatter.ts";
import { toDom } from "./to-dom.ts";

/** More points are slow to draw and tell nothing apart. */
const mostPoints = 1000;

export function drawScatter(
  place: HTMLElement,
  { rows, axes }: { rows: readonly ShownRow[]; axes: readonly string[] },
): void {
  const suts = [...new Set(rows.flatMap(({ of }) => of.map(({ config }) => config.sut)))].toSorted();
  const points = rows.flatMap((row) => {
    const { rtfx, wer } = row.metrics;
    if (rtfx === null || wer === null) return [];
    const label =
      row.of.length === 1 ? (row.of[0]?.config.label ?? "") : axes.map((axis) => row.values[axis] ?? "").join(" ");
    const details = [
      label,
      ...axes.map((axis) => `${axis}: ${row.values[axis] ?? ""}`),
      ...(["rtfx", "wer", "rss_peak_bytes"] as const).map(
        (name) => `${infoOf(name).title} ${formatMetric(name, row.metrics[name])}`,
      ),
      ...(row.of.length > 1 ? [`average of ${row.of.length}`] : []),
    ];
    return [{ label, details, series: suts.indexOf(row.of[0]?.config.sut ?? ""), rtfx, wer }];
  });
  if (points.length === 0 || points.length > mostPoints) {
    const why =
      points.length === 0
        ? "No row has both."
        : `${points.length} rows are too many to tell apart: choose at most ${mostPoints}.`;
    place.replaceChildren(toDom(h("p", {}, why)));
    return;
  }
  place.replaceChildren(toDom([legend(suts), h("figure", {}, scatterPlot(points))]));
}
