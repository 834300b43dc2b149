import { expect, test } from "vitest";
import { renderNode } from "../node.ts";
import { distributionPlot } from "./distribution.ts";
import { placeLabels } from "./labels.ts";
import { paretoFront } from "./pareto.ts";
import { linearScale, logScale } from "./scale.ts";
import { scatterPlot } from "./scatter.ts";
import { stagesPlot } from "./stages.ts";

test("a linear scale ends at round values and is marked at them", () => {
  const scale = linearScale([0, 0.147], { range: [0, 100], ticks: 6 });
  expect(scale.ticks).toEqual([0, 0.05, 0.1, 0.15]);
  expect([scale(0), scale(0.075), scale(0.15)]).toEqual([0, 50, 100]);
  expect(linearScale([3, 3], { range: [0, 1] }).ticks.length).toBeGreaterThan(2);
});

test("a logarithmic scale is marked at round values, few over many decades and even ones within a narrow span", () => {
  const wide = logScale([0.01, 1000], { range: [0, 100] });
  expect(wide.ticks).toEqual([0.01, 0.1, 1, 10, 100, 1000]);
  const middling = logScale([2.2, 31], { range: [400, 0] });
  expect(middling.ticks).toEqual([2, 5, 10, 20]);
  expect(middling(2.2)).toBeGreaterThan(middling(31));
  const narrow = logScale([11.1, 11.9], { range: [0, 1] });
  expect(narrow.ticks.length).toBeGreaterThanOrEqual(3);
  expect(narrow.ticks.every((tick) => tick > 11 && tick < 12)).toBe(true);
});

test("nothing on the Pareto front is beaten in both, and equals are both on it", () => {
  const points = [
    { cost: 1, gain: 5, name: "slow" },
    { cost: 2, gain: 9, name: "fast" },
    { cost: 2, gain: 9, name: "as fast" },
    { cost: 2, gain: 8, name: "worse" },
    { cost: 3, gain: 9, name: "costly" },
    { cost: 0.5, gain: 2, name: "exact" },
  ];
  expect(paretoFront(points).map(({ name }) => name)).toEqual(["exact", "slow", "fast", "as fast"]);
});

test("labels do not cover each other, and what must be there is", () => {
  const points = Array.from({ length: 12 }, (_, index) => ({
    x: 100,
    y: 100 + index,
    text: "a label",
    must: index === 11,
  }));
  const labels = placeLabels(points, { within: { left: 0, right: 400, top: 0, bottom: 400 } });
  expect(labels.length).toBeLessThan(12);
  expect(labels[0]).toMatchObject({ text: "a label" });
  expect(new Set(labels.map(({ x, y }) => `${x} ${y}`)).size).toBe(labels.length);
});

const hostile = "</svg><script>alert(1)</script>";

test("plots have only numbers for coordinates, and labels escaped", () => {
  const point = { label: hostile, details: [hostile], series: 0, rtfx: 10, wer: 0.05 };
  const drawn = [
    scatterPlot([point]),
    scatterPlot([{ ...point, wer: 0, werInterval: { low: 0, high: 0.1 }, rtfxInterval: { low: 1, high: 99 } }, point]),
    distributionPlot([{ label: hostile, series: 1, samples_s: [1, 1, 1, 30], quartiles_s: [1, 1, 1], outliers: [3] }]),
    stagesPlot([{ label: hostile, stages: { [hostile]: 1, other: 0.5 } }], { names: [hostile, "other"] }),
  ].map(renderNode);
  for (const svg of drawn) {
    expect(svg).not.toContain("<script");
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  }
});

test("a thousand samples are one element, and the outliers among them another", () => {
  const samples_s = Array.from({ length: 1000 }, (_, index) => 1 + index / 1000);
  const svg = renderNode(
    distributionPlot([{ label: "a", series: 0, samples_s, quartiles_s: [1.25, 1.5, 1.75], outliers: [999] }]),
  );
  expect(svg.match(/class="dots"/g)).toHaveLength(1);
  expect(/class="dots" d="([^"]*)"/.exec(svg)?.[1]?.match(/M/g)).toHaveLength(999);
  expect(svg).toContain("1000 requests, 1 outliers (kept)");
});
