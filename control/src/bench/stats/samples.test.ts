import { expect, test } from "vitest";
import { usualResampling } from "./bootstrap.ts";
import goldens from "./goldens.json" with { type: "json" };
import { holm } from "./holm.ts";
import { outliers } from "./outliers.ts";
import { median, quantile } from "./quantile.ts";
import { wilson } from "./rate.ts";
import { findSteps } from "./steps.ts";
import { judgeWer, pooledWer } from "./wer.ts";

test("outliers are what lies 3.5 of scipy's scaled median deviations from the median", () => {
  const { values, median: middle, mad } = goldens.quantiles["with outliers"];
  expect(outliers(values)).toEqual(
    values.flatMap((value, place) => (Math.abs(value - middle) / mad > 3.5 ? [place] : [])),
  );
  expect(outliers(values)).toEqual([7, 10]);
});

test("where most samples are the same, one far away is still an outlier, and equal ones are none", () => {
  expect(outliers([1, 1, 1, 1, 1, 1, 1, 1, 1, 9])).toEqual([9]);
  expect(outliers([2, 2, 2, 2])).toEqual([]);
  expect(outliers([])).toEqual([]);
});

test("nothing has no median and no quantile, and any rate", () => {
  expect(median([])).toBeNaN();
  expect(quantile([], 0.5)).toBeNaN();
  expect(wilson({ hits: 0, of: 0, level: 0.95 })).toEqual({ low: 0, high: 1 });
});

test("a p-value is adjusted for all that are tested with it, and never below one that was smaller", () => {
  expect(holm([0.01, 0.02, 0.02], 0.05).map(({ p }) => p)).toEqual([0.03, 0.04, 0.04]);
  expect(holm([], 0.05)).toEqual([]);
});

const scored = (errors: number, item: string) => ({ item, errors, words: 10 });

test("several trials of an item are drawn as one, so that repeating them narrows nothing", () => {
  const once = [1, 0, 2, 1, 0, 0, 3, 1].map((errors, place) => scored(errors, String(place)));
  const { low, high, units } = pooledWer(once, usualResampling);
  expect(pooledWer([...once, ...once, ...once], usualResampling)).toMatchObject({ low, high, units });
});

test("where no item has changed, it is unchanged, however few there are", () => {
  const side = [scored(1, "a"), scored(0, "b")];
  const judged = judgeWer({ reference: side, candidate: side }, { tolerance: 0, resampling: usualResampling });
  expect(judged).toMatchObject({ verdict: "unchanged", changed_items: 0, items: 2, further_units: null });
});

test("items that only one side has are left out, and with none in common nothing can be said", () => {
  const options = { tolerance: 0, resampling: usualResampling };
  const other = judgeWer({ reference: [scored(1, "a")], candidate: [scored(1, "b")] }, options);
  expect(other).toMatchObject({ verdict: "inconclusive", items: 0, further_units: null });
});

test("two steps are both found, with the values between them", () => {
  const noise = [0.3, -0.2, 0.1, -0.3, 0.2, 0, -0.1, 0.25, -0.15, 0.05];
  const history = [10, 14, 8].flatMap((level) => noise.map((off) => level + off));
  const steps = findSteps(history, { seed: 1 });
  expect(steps.map(({ at }) => at)).toEqual([10, 20]);
  expect(steps[0]?.before).toBeCloseTo(10.025);
  expect(steps[0]?.after).toBeCloseTo(14.025);
  expect(steps[1]?.after).toBeCloseTo(8.025);
  expect(findSteps(history, { seed: 1 })).toEqual(steps);
});

test("a history too short for a step has none", () => {
  expect(findSteps([1, 2, 9], { seed: 1 })).toEqual([]);
  expect(findSteps([], { seed: 1 })).toEqual([]);
});
