/** What plots share: the drawing, its grid with axes, and marks that tell SUTs apart by shape as well as by colour. */
import { type Child, type Element, h } from "../node.ts";
import type { Scale } from "./scale.ts";

export interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

export interface Axis {
  scale: Scale;
  label: string;
  format: (value: number) => string;
}

/** As wide as the page lets it be; the numbers inside are those of `width` and `height`. */
export function drawing({ width, height, title }: { width: number; height: number; title: string }, ...parts: Child[]) {
  return h(
    "svg",
    { class: "plot", viewBox: `0 0 ${width} ${height}`, width, height, role: "group", "aria-label": title },
    ...parts,
  );
}

export function grid(box: Box, { x, y }: { x?: Axis; y?: Axis }): Element {
  return h("g", { class: "axes" }, x && horizontal(box, x), y && vertical(box, y));
}

function horizontal(box: Box, { scale, label, format }: Axis): Child[] {
  return [
    ...scale.ticks.map((tick) => {
      const at = round(scale(tick));
      return [
        h("path", { class: "grid", d: `M${at} ${box.top}V${box.bottom}` }),
        h("text", { x: at, y: box.bottom + 16, "text-anchor": "middle" }, format(tick)),
      ];
    }),
    h("path", { class: "axis", d: `M${box.left} ${box.bottom}H${box.right}` }),
    h("text", { class: "label", x: (box.left + box.right) / 2, y: box.bottom + 36, "text-anchor": "middle" }, label),
  ];
}

function vertical(box: Box, { scale, label, format }: Axis): Child[] {
  return [
    ...scale.ticks.map((tick) => {
      const at = round(scale(tick));
      return [
        h("path", { class: "grid", d: `M${box.left} ${at}H${box.right}` }),
        h("text", { x: box.left - 8, y: at + 4, "text-anchor": "end" }, format(tick)),
      ];
    }),
    h("path", { class: "axis", d: `M${box.left} ${box.top}V${box.bottom}` }),
    h("text", { class: "label", x: box.left - 8, y: box.top - 12, "text-anchor": "start" }, label),
  ];
}

/** Outlines around 0 0, of about the same area. */
const shapes = [
  "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0Z",
  "M-4.5 -4.5h9v9h-9Z",
  "M0 -6L5.6 4H-5.6Z",
  "M0 -6.4L6.4 0L0 6.4L-6.4 0Z",
  "M0 6L5.6 -4H-5.6Z",
  "M-1.8 -5.5h3.6v3.7h3.7v3.6h-3.7v3.7h-3.6v-3.7h-3.7v-3.6h3.7Z",
];

/** Colours and shapes come again after the sixth series. */
export const seriesClass = (series: number) => `s${series % shapes.length}`;

export function mark(series: number): Element {
  return h("path", { class: "mark", d: shapes[series % shapes.length] });
}

/** Names of the series with their marks, in one line that wraps. */
export function legend(names: readonly string[]): Element | null {
  if (names.length < 2) return null;
  return h(
    "ul",
    { class: "legend" },
    ...names.map((name, series) =>
      h(
        "li",
        { class: seriesClass(series) },
        h("svg", { viewBox: "-8 -8 16 16", width: 14, height: 14, "aria-hidden": "true" }, mark(series)),
        name,
      ),
    ),
  );
}

/** A part that tells more where it is pointed at or reached by the keyboard. */
export function detailed(lines: readonly string[], { at, series }: { at: readonly [number, number]; series: number }) {
  const [x, y] = at;
  return (...parts: Child[]): Element =>
    h(
      "g",
      {
        class: `point ${seriesClass(series)}`,
        transform: `translate(${round(x)} ${round(y)})`,
        tabindex: 0,
        role: "img",
        "aria-label": lines.join(", "),
      },
      h("title", {}, lines.join("\n")),
      ...parts,
    );
}

/** A tenth of a pixel is as fine as anybody sees, and keeps large plots small. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
