/** A metric over earlier runs: a point for each run, with the steps where it became another one. */
import { formatChange } from "../format.ts";
import { type Element, h } from "../node.ts";
import { type Box, detailed, drawing, grid, mark, round, seriesClass } from "./frame.ts";
import { linearScale } from "./scale.ts";

export interface HistoryPoint {
  /** ISO 8601. */
  started: string;
  value: number;
  details: readonly string[];
}

export interface HistoryStep {
  at: number;
  before: number;
  after: number;
}

export interface HistoryLine {
  label: string;
  series: number;
  /** By time. */
  points: readonly HistoryPoint[];
  steps: readonly HistoryStep[];
}

const height = 190;

/** Runs stand side by side in their order: a gap of a month says nothing of the software. */
export function historyPlot(
  line: HistoryLine,
  { format, wide = false }: { format: (value: number) => string; wide?: boolean },
): Element {
  const width = wide ? 960 : 470;
  const box: Box = { left: 56, right: width - 14, top: 34, bottom: 150 };
  const values = line.points.map(({ value }) => value);
  const y = linearScale(roomFor(values), { range: [box.bottom, box.top], ticks: 4 });
  const x = (place: number) =>
    round(box.left + 12 + (place / Math.max(1, values.length - 1)) * (box.right - box.left - 24));
  const bounds = [0, ...line.steps.map(({ at }) => at), values.length];
  const days = line.points.map(({ started }) => started.slice(0, 10));
  return drawing(
    { width, height, title: `History of ${line.label}` },
    grid(box, { y: { scale: y, label: line.label.slice(0, 66), format } }),
    h("path", { class: "axis", d: `M${box.left} ${box.bottom}H${box.right}` }),
    h("text", { x: x(0), y: box.bottom + 18, "text-anchor": "start" }, days[0] ?? ""),
    h("text", { x: x(values.length - 1), y: box.bottom + 18, "text-anchor": "end" }, days.at(-1) ?? ""),
    ...line.steps.map(({ at, before, after }) => [
      h("path", { class: "step", d: `M${round((x(at - 1) + x(at)) / 2)} ${box.top}V${box.bottom}` }),
      h(
        "text",
        { class: "step", x: round((x(at - 1) + x(at)) / 2) + 4, y: after < before ? box.top + 10 : box.bottom - 6 },
        formatChange(after / before - 1),
      ),
    ]),
    h("path", {
      class: `line ${seriesClass(line.series)}`,
      d: bounds
        .slice(0, -1)
        .map((from, part) =>
          values
            .slice(from, bounds[part + 1])
            .map((value, index) => `${index === 0 ? "M" : "L"}${x(from + index)} ${round(y(value))}`)
            .join(""),
        )
        .join(""),
    }),
    ...line.points.map(({ value, details }, place) =>
      detailed(details, { at: [x(place), y(value)], series: line.series })(mark(line.series)),
    ),
  );
}

/** At least a tenth of what it is: noise of a percent should not look like mountains. */
const leastSpan = 0.1;

function roomFor(values: readonly number[]): [number, number] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const missing = Math.max(0, leastSpan * Math.abs(high) - (high - low));
  return [low - missing / 2, high + missing / 2];
}
