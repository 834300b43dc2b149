/** Where the time of an item goes: its stages one after another, a bar for each run config. */
import { formatPercent, formatSeconds } from "../format.ts";
import { type Element, h } from "../node.ts";
import { type Box, detailed, drawing, grid, round } from "./frame.ts";
import { linearScale } from "./scale.ts";

export interface StageRow {
  label: string;
  stages: Readonly<Record<string, number>>;
}

const rowHeight = 26;
const width = 960;

export function stagesPlot(rows: readonly StageRow[], { names }: { names: readonly string[] }): Element {
  const box: Box = { left: 280, right: 936, top: 6, bottom: 10 + rows.length * rowHeight };
  const totals = rows.map(({ stages }) => sum(Object.values(stages)));
  const scale = linearScale([0, Math.max(...totals)], { range: [box.left, box.right], ticks: 8 });
  return drawing(
    { width, height: box.bottom + 46, title: "Mean time of an item in each stage, by run config" },
    grid(box, { x: { scale, label: "mean time of an item", format: formatSeconds } }),
    ...rows.map(({ label, stages }, index) => {
      const top = box.top + 4 + index * rowHeight;
      let from = 0;
      return h(
        "g",
        {},
        h("text", { class: "name", x: box.left - 12, y: top + 15, "text-anchor": "end" }, label.slice(0, 44)),
        ...names.map((name, series) => {
          const seconds = stages[name] ?? 0;
          if (seconds <= 0) return null;
          const left = scale(from);
          from += seconds;
          const details = [
            label,
            `${name}: ${formatSeconds(seconds)}`,
            `${formatPercent(seconds / (totals[index] ?? 1))} of ${formatSeconds(totals[index] ?? 0)}`,
          ];
          return detailed(details, { at: [left, top], series })(
            h("rect", {
              class: name === "other" ? "stage rest" : "stage",
              width: Math.max(0.5, round(scale(from) - left)),
              height: rowHeight - 7,
            }),
          );
        }),
      );
    }),
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
