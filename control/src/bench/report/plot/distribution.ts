/** Latency distributions: each run config a row with its quartiles and every sample, outliers marked as such. */
import { formatSeconds } from "../format.ts";
import { type Element, h } from "../node.ts";
import { type Box, detailed, drawing, grid, round, seriesClass } from "./frame.ts";
import { logScale, type Scale } from "./scale.ts";

export interface DistributionRow {
  label: string;
  series: number;
  /** Above 0, in any order. */
  samples_s: readonly number[];
  quartiles_s: readonly [number, number, number];
  /** Places in `samples_s`. */
  outliers: readonly number[];
}

const rowHeight = 30;
const width = 960;

export function distributionPlot(rows: readonly DistributionRow[]): Element {
  const box: Box = { left: 280, right: 936, top: 10, bottom: 14 + rows.length * rowHeight };
  const all = rows.flatMap(({ samples_s }) => samples_s);
  const ends = all.reduce<[number, number]>(
    ([low, high], value) => [Math.min(low, value), Math.max(high, value)],
    [Number.POSITIVE_INFINITY, 0],
  );
  const scale = logScale(ends, { range: [box.left, box.right], ticks: 9 });
  return drawing(
    { width, height: box.bottom + 46, title: "Latency of every request, by run config" },
    grid(box, { x: { scale, label: "latency, log scale (faster to the left)", format: formatSeconds } }),
    ...rows.map((row, index) => drawRow(row, { scale, box, middle: box.top + 4 + (index + 0.5) * rowHeight })),
  );
}

function drawRow(row: DistributionRow, { scale, box, middle }: { scale: Scale; box: Box; middle: number }): Element {
  const { samples_s, series, label } = row;
  const [first, second, third] = row.quartiles_s.map((value) => round(scale(value))) as [number, number, number];
  const apart = new Set(row.outliers);
  // One path for all: ten thousand elements would make the page slow.
  const dots = samples_s
    .map((value, place) => (apart.has(place) ? "" : `M${round(scale(value))} ${round(middle + jitter(place) * 8)}h0`))
    .join("");
  const details = [
    label,
    `${samples_s.length} requests, ${row.outliers.length} outliers (kept)`,
    `quartiles ${row.quartiles_s.map(formatSeconds).join(", ")}`,
  ];
  return h(
    "g",
    { class: seriesClass(series) },
    h("text", { class: "name", x: box.left - 12, y: middle + 4, "text-anchor": "end" }, shorten(label)),
    h("path", { class: "dots", d: dots }),
    h("path", {
      class: "outliers",
      d: row.outliers
        .map((place) => {
          const at = round(scale(samples_s[place] ?? 1));
          return `M${round(at - 3)} ${middle - 3}l6 6m0 -6l-6 6`;
        })
        .join(""),
    }),
    detailed(details, { at: [0, middle], series })(
      h("rect", { class: "hit", x: box.left, y: -rowHeight / 2, width: box.right - box.left, height: rowHeight }),
      h("rect", { class: "box", x: first, y: -8, width: Math.max(1, round(third - first)), height: 16, rx: 2 }),
      h("path", { class: "median", d: `M${second} -10V10` }),
    ),
  );
}

/** From -1 to 1, spread evenly and always the same (the golden ratio's fractional parts). */
function jitter(place: number): number {
  return 2 * ((place * 0.618_033_988_75) % 1) - 1;
}

function shorten(label: string): string {
  return label.length <= 44 ? label : `${label.slice(0, 43)}…`;
}
