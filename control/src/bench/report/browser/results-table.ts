/** The table of the results page: axes, trials and the metrics that are asked for; long ones in parts. */
import { formatMetric } from "../format.ts";
import { infoOf, type MetricName } from "../metrics.ts";
import { h, type Element as Tree } from "../node.ts";
import type { ShownRow } from "../page/rows.ts";
import { byId, toDom } from "./to-dom.ts";

const partSize = 200;

/** What is shown until others are asked for, where any row has it. */
const usual: readonly MetricName[] = [
  "rtfx",
  "latency_median_s",
  "latency_p95_s",
  "first_segment_median_s",
  "requests_per_s",
  "sustainable_rate",
  "wer",
  "rss_peak_bytes",
  "cpu_s_per_audio_s",
  "gpu_memory_peak_bytes",
  "gpu_energy_j_per_audio_s",
];

interface Order {
  by: string;
  reversed: boolean;
}

export interface Table {
  show(rows: readonly ShownRow[], how: { axes: readonly string[]; order: Order }): void;
}

export function createTable({
  measured,
  onSort,
}: {
  measured: readonly MetricName[];
  onSort: (by: string) => void;
}): Table {
  const columns = new Set(measured.filter((name) => usual.includes(name)));
  const more = byId("more");
  let shown: readonly ShownRow[] = [];
  let how: { axes: readonly string[]; order: Order } = { axes: [], order: { by: "", reversed: false } };

  const wanted = () => measured.filter((name) => columns.has(name));
  const append = () => {
    const body = byId("table").querySelector("tbody");
    if (body === null) return;
    const start = body.rows.length;
    body.append(...shown.slice(start, start + partSize).map((row) => toDom(tableRow(row, how.axes, wanted()))));
    more.hidden = body.rows.length >= shown.length;
  };
  const draw = () => {
    const focused = document.activeElement?.closest("th")?.dataset.by;
    byId("table").replaceChildren(toDom(emptyTable(how, wanted())));
    append();
    // A head that was pressed stays where the keyboard is.
    const heads = [...byId("table").querySelectorAll<HTMLElement>("th[data-by]")];
    heads
      .find((head) => head.dataset.by === focused)
      ?.querySelector("button")
      ?.focus();
  };

  byId("columns").append(
    toDom(
      h(
        "div",
        { class: "values" },
        ...measured.map((name) =>
          h(
            "label",
            { title: infoOf(name).about },
            h("input", { type: "checkbox", "data-metric": name, checked: columns.has(name) }),
            h("span", {}, infoOf(name).title),
          ),
        ),
      ),
    ),
  );
  byId("columns").addEventListener("change", ({ target }) => {
    if (!(target instanceof HTMLInputElement)) return;
    const name = measured.find((metric) => metric === target.dataset.metric);
    if (name === undefined) return;
    if (target.checked) columns.add(name);
    else columns.delete(name);
    draw();
  });
  byId("table").addEventListener("click", ({ target }) => {
    const by = target instanceof Element ? target.closest("button")?.closest("th")?.dataset.by : undefined;
    if (by !== undefined) onSort(by);
  });
  more.addEventListener("click", append);
  return {
    show(rows, given) {
      shown = rows;
      how = given;
      draw();
    },
  };
}

function emptyTable({ axes, order }: { axes: readonly string[]; order: Order }, metrics: readonly MetricName[]): Tree {
  const head = (by: string, text: string, about: string | null) => {
    const better = metrics.find((name) => name === by);
    const descending = (better !== undefined && infoOf(better).better === "higher") !== order.reversed;
    return h(
      "th",
      {
        scope: "col",
        class: better === undefined ? null : "number",
        title: about,
        "data-by": by,
        "aria-sort": order.by === by ? (descending ? "descending" : "ascending") : null,
      },
      h("button", { type: "button" }, text),
    );
  };
  return h(
    "table",
    {},
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        ...axes.map((axis) => head(axis, axis, null)),
        h("th", { scope: "col", class: "number" }, "trials"),
        ...metrics.map((name) => head(name, infoOf(name).title, infoOf(name).about)),
      ),
    ),
    h("tbody", {}),
  );
}

function tableRow(row: ShownRow, axes: readonly string[], metrics: readonly MetricName[]): Tree {
  return h(
    "tr",
    {},
    ...axes.map((axis) => h("td", { class: "axis-value", title: row.values[axis] ?? "" }, row.values[axis] ?? "")),
    h(
      "td",
      { class: "number" },
      row.ok,
      row.failed > 0 && h("small", { class: "bad" }, `${row.failed} failed`),
      row.of.length > 1 && h("small", {}, `of ${row.of.length}`),
    ),
    ...metrics.map((name) => h("td", { class: "number" }, formatMetric(name, row.metrics[name]))),
  );
}
