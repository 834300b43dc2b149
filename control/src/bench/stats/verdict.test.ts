import { expect, test } from "vitest";
import { usualResampling } from "./bootstrap.ts";
import { leastDetectable } from "./detectable.ts";
import { judgePaired, logRatios } from "./speed.ts";
import { verdictOf } from "./verdict.ts";

const pairs = (ratios: readonly number[]) => ratios.map((ratio) => ({ reference_s: 2, candidate_s: 2 * ratio }));
const judged = (ratios: readonly number[], tolerance = 0.05) =>
  judgePaired(pairs(ratios), { tolerance, resampling: usualResampling });

test.each([
  { interval: { low: 0.06, high: 0.2 }, verdict: "regression" },
  { interval: { low: -0.2, high: -0.06 }, verdict: "improvement" },
  { interval: { low: -0.05, high: 0.05 }, verdict: "unchanged" },
  { interval: { low: 0.05, high: 0.2 }, verdict: "inconclusive" },
  { interval: { low: -0.06, high: 0.01 }, verdict: "inconclusive" },
  { interval: { low: -0.3, high: 0.3 }, verdict: "inconclusive" },
  { interval: { low: Number.NaN, high: Number.NaN }, verdict: "inconclusive" },
])("an interval from $interval.low to $interval.high is $verdict with a tolerance of 0.05", ({ interval, verdict }) => {
  expect(verdictOf(interval, 0.05)).toBe(verdict);
});

test("slower by a tenth in every block is a regression, faster an improvement, and as fast is unchanged", () => {
  expect(judged([1.1, 1.11, 1.09, 1.1, 1.12, 1.1])).toMatchObject({ verdict: "regression", further_units: null });
  expect(judged([0.9, 0.91, 0.89, 0.9, 0.92, 0.9]).verdict).toBe("improvement");
  expect(judged([1, 1.01, 0.99, 1, 1.02, 1]).verdict).toBe("unchanged");
});

test("with fewer than six blocks there is no verdict, however clear they are, and it says how many more it takes", () => {
  expect(judged([1.3, 1.3, 1.3])).toMatchObject({ verdict: "inconclusive", further_units: 3 });
});

test("the closer to the tolerance, the more blocks it takes; at the tolerance itself, nobody can tell", () => {
  const spread = [0.98, 0.99, 1, 1, 1.01, 1.02];
  const further = (centre: number) => judged(spread.map((ratio) => ratio * centre)).further_units ?? 0;
  expect(further(1.045)).toBeGreaterThan(further(1.04));
  expect(judged(spread.map((ratio) => ratio * 1.05)).further_units).toBeNull();
});

test("equal seeds give the same judgement to the last digit, and the seed is part of it", () => {
  const ratios = [1.02, 1.07, 0.99, 1.05, 1.01, 1.04, 1.06];
  const withSeed = (seed: number) =>
    judgePaired(pairs(ratios), { tolerance: 0.02, resampling: { ...usualResampling, seed } });
  expect(withSeed(5)).toEqual(withSeed(5));
  expect(withSeed(5).seed).toBe(5);
  expect(withSeed(5).p_regression).not.toBe(withSeed(6).p_regression);
});

test("the p-values agree with the interval", () => {
  const slow = judged([1.1, 1.11, 1.09, 1.1, 1.12, 1.1]);
  expect(slow.p_regression).toBeLessThan(0.025);
  expect(slow.p_acceptable).toBeGreaterThan(0.975);
  expect(judged([1, 1.01, 0.99, 1, 1.02, 1]).p_acceptable).toBeLessThan(0.025);
});

test("the least detectable effect is smaller with more blocks, by their square root", () => {
  const ratios = logRatios(pairs([1.01, 0.98, 1.03, 0.99, 1, 1.02, 0.97, 1]));
  const effect = (blocks: number) => leastDetectable(ratios, { blocks, resampling: usualResampling })?.effect ?? 0;
  expect(Math.log1p(effect(12)) / Math.log1p(effect(48))).toBeCloseTo(2, 10);
});

test("an A/A run of fewer than six blocks tells nothing of the machine", () => {
  expect(leastDetectable([0.01, 0.02], { blocks: 12, resampling: usualResampling })).toBeUndefined();
});
