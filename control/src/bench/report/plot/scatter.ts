/** Speed against word errors: each run config a point with its intervals, and the front that nothing beats in both. */
import { threeDigits } from "../format.ts";
import { type Element, h } from "../node.ts";
import { type Box, detailed, drawing, grid, mark, round, seriesClass } from "./frame.ts";
import { placeLabels } from "./labels.ts";
import { paretoFront } from "./pareto.ts";
import { linearScale, logScale } from "./scale.ts";

interface Interval {
  low: number;
  high: number;
}

export interface ScatterPoint {
  label: string;
  /** What is told where the point is pointed at, line by line. */
  details: readonly string[];
  series: number;
  rtfx: number;
  wer: number;
  rtfxInterval?: Interval | undefined;
  werInterval?: Interval | undefined;
}

/** With more points than this only the front is named: the rest say who they are when pointed at. */
const mostNames = 14;

const size = { width: 960, height: 460 };
const box: Box = { left: 64, right: 936, top: 34, bottom: 404 };

export function scatterPlot(points: readonly ScatterPoint[]): Element {
  const greatest = Math.max(...points.map(({ wer }) => wer));
  // A whisker that reaches far out is cut, so that it does not press the points together.
  const reach = Math.max(...points.map(({ wer, werInterval }) => Math.min(werInterval?.high ?? wer, greatest * 1.25)));
  const x = linearScale([0, Math.max(reach, greatest * 1.04) || 0.01], {
    range: [box.left, box.right],
    ticks: 9,
  });
  const speeds = points.map(({ rtfx }) => rtfx);
  const y = logScale([Math.min(...speeds), Math.max(...speeds)], { range: [box.bottom, box.top] });
  const placed = points.map((point) => ({
    ...point,
    cost: point.wer,
    gain: point.rtfx,
    x: round(x(point.wer)),
    y: round(y(point.rtfx)),
  }));
  const front = paretoFront(placed);
  const labels = placeLabels(
    placed.map((point) => {
      const must = front.includes(point);
      const text = must || placed.length <= mostNames ? shorten(point.label) : "";
      return { x: point.x, y: point.y, text, must };
    }),
    { within: { left: box.left, right: box.right + 20, top: box.top - 12, bottom: box.bottom } },
  );
  return drawing(
    { ...size, title: "RTFx against word error rate" },
    grid(box, {
      x: {
        scale: x,
        label: "word error rate (fewer is better, to the left)",
        format: (value) => `${threeDigits(value * 100).replace(/\.0+$/, "")} %`,
      },
      y: { scale: y, label: "RTFx, log scale (faster is better, upwards)", format: (value) => String(value) },
    }),
    front.length > 0 &&
      h("path", {
        class: "front",
        d: `M${front[0]?.x} ${box.bottom}${front.map((point) => `V${point.y}H${front[front.indexOf(point) + 1]?.x ?? box.right}`).join("")}`,
      }),
    ...placed.map(({ rtfxInterval, werInterval, ...point }) =>
      h("path", {
        class: `interval ${seriesClass(point.series)}`,
        d: [
          rtfxInterval === undefined ? "" : `M${point.x} ${clamp(y(rtfxInterval.low))}V${clamp(y(rtfxInterval.high))}`,
          werInterval === undefined
            ? ""
            : `M${Math.max(box.left, round(x(werInterval.low)))} ${point.y}H${Math.min(box.right, round(x(werInterval.high)))}`,
        ].join(""),
      }),
    ),
    ...labels.map(({ x: left, y: top, anchor, text }) =>
      h("text", { class: "name", x: left, y: top, "text-anchor": anchor }, text),
    ),
    ...placed.map((point) =>
      detailed(front.includes(point) ? [...point.details, "on the Pareto front"] : point.details, {
        at: [point.x, point.y],
        series: point.series,
      })(mark(point.series)),
    ),
  );
}

function clamp(place: number): number {
  return Math.min(box.bottom, Math.max(box.top, round(place)));
}

function shorten(label: string): string {
  return label.length <= 40 ? label : `${label.slice(0, 39)}…`;
}
