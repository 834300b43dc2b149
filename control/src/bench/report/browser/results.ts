/** The script of the results page: what is chosen in one place, and every part drawn anew from it. */

import { metricNames } from "../metrics.ts";
import type { PageData } from "../page/page-data.ts";
import { averageRows, axesOf, filterRows, type ShownRow, sortRows, unpackRows, warningOf } from "../page/rows.ts";
import { installComparison } from "./results-compare.ts";
import { createFilters } from "./results-filters.ts";
import { installHistory } from "./results-history.ts";
import { drawScatter } from "./results-scatter.ts";
import { createTable } from "./results-table.ts";
import { byId } from "./to-dom.ts";
import { installTooltip } from "./tooltip.ts";

const rows = unpackRows(JSON.parse(byId("data").textContent ?? "") as PageData);
const axes = axesOf(rows);
const axisNames = axes.map(({ name }) => name);
const order = { by: "rtfx", reversed: false };
const measured = metricNames.filter((name) => rows.some(({ metrics }) => metrics[name] !== null));

const keptAxes = () => axisNames.filter((axis) => !filters.over.has(axis));

/** Averages stay while only their order changes. */
let shown: ShownRow[] = [];

function choose(): void {
  shown = averageRows(filterRows(rows, filters.chosen), { axes: axisNames, over: filters.over });
  const warning = warningOf(shown);
  byId("warning").textContent = warning;
  byId("warning").hidden = warning === null;
  byId("count").textContent = `${shown.length} rows of ${rows.length} measured run configs`;
  drawScatter(byId("scatter"), { rows: shown, axes: keptAxes() });
  draw();
}

function draw(): void {
  table.show(sortRows(shown, order), { axes: keptAxes(), order });
}

const filters = createFilters(byId("filters"), { axes, rows, onChange: choose });
const table = createTable({
  measured,
  onSort(by) {
    order.reversed = order.by === by && !order.reversed;
    order.by = by;
    draw();
  },
});
choose();
installComparison(rows, measured);
installHistory(rows, measured);
installTooltip();
