import { expect, test } from "vitest";
import { median, percentile, ratioOf } from "../bench/statistics.ts";

test("the median of an odd and of an even number of values", () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
});

test("a percentile is one of the values", () => {
  const values = Array.from({ length: 20 }, (_, index) => index + 1);
  expect([percentile(values, 0.5), percentile(values, 0.95), percentile(values, 1)]).toEqual([10, 19, 20]);
});

test("a ratio is taken block by block: a slow block on both sides changes nothing", () => {
  expect(ratioOf([1, 10, 1], [2, 20, 2])).toEqual({ median: 0.5, least: 0.5, most: 0.5 });
});
