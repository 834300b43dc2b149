/** Against scipy and numpy: sidecar/tests/statistics_goldens.py wrote what they say. */
import { expect, test } from "vitest";
import { bootstrapMedian, bootstrapSums, percentileInterval, usualResampling } from "./bootstrap.ts";
import goldens from "./goldens.json" with { type: "json" };
import { holm } from "./holm.ts";
import { normalQuantile } from "./normal.ts";
import { ascending, countedMedian, median, quantile } from "./quantile.ts";
import { wilson } from "./rate.ts";
import { judgeUnpaired } from "./speed.ts";
import { bestSplit } from "./steps.ts";
import { binomialAtMost, leastSamples } from "./tail.ts";
import { judgeWer, pooledWer } from "./wer.ts";

const { resamples, level, cases } = goldens.bootstrap;
const resampling = { ...usualResampling, resamples, level };

/** Two bootstraps of 100,000 draws differ at their ends by some hundredths of the standard error. */
function expectInterval(
  found: { low: number; high: number },
  expected: { low: number; high: number; standard_error: number },
) {
  expect(Math.abs(found.low - expected.low) / expected.standard_error).toBeLessThan(0.06);
  expect(Math.abs(found.high - expected.high) / expected.standard_error).toBeLessThan(0.06);
}

test.each(Object.entries(goldens.quantiles))("medians and quantiles of the sample %j are numpy's", (_, sample) => {
  expect(median(sample.values)).toBeCloseTo(sample.median, 14);
  const sorted = sample.values.toSorted(ascending);
  for (const { part, value } of sample.quantiles) expect(quantile(sorted, part)).toBeCloseTo(value, 14);
  expect(countedMedian(sorted, new Uint32Array(sorted.length).fill(1))).toBe(median(sorted));
});

test("normal quantiles are scipy's to 13 digits, far into the tails", () => {
  for (const { p, z } of goldens.normal)
    expect(Math.abs(normalQuantile(p) - z)).toBeLessThan(1e-13 * (1 + Math.abs(z)));
});

test.each(["median of twelve", "median of normal"] as const)("the bootstrap interval of the %s is scipy's", (name) => {
  const expected = cases[name];
  const { value, distribution } = bootstrapMedian(expected.columns[0] ?? [], resampling);
  expect(value).toBeCloseTo(expected.value, 14);
  expectInterval(percentileInterval(distribution, level), expected);
});

test("the interval of a pooled word error rate is scipy's paired bootstrap of errors and words", () => {
  const [errors = [], words = []] = cases.pooled.columns;
  const scored = errors.map((count, place) => ({ item: String(place), errors: count, words: words[place] ?? 0 }));
  const found = pooledWer(scored, resampling);
  expect(found.wer).toBeCloseTo(cases.pooled.value, 14);
  expectInterval(found, cases.pooled);
});

test("the interval of a difference of word error rates is scipy's paired bootstrap of all four columns", () => {
  const [errors1 = [], words1 = [], errors2 = [], words2 = []] = cases.difference.columns;
  const side = (errors: readonly number[], words: readonly number[]) =>
    errors.map((count, place) => ({ item: String(place), errors: count, words: words[place] ?? 0 }));
  const sides = { reference: side(errors1, words1), candidate: side(errors2, words2) };
  const found = judgeWer(sides, { tolerance: 0, resampling });
  expect(found.value).toBeCloseTo(cases.difference.value, 14);
  expectInterval(found, cases.difference);
  const rows = errors1.map((_, place) => [errors1, words1, errors2, words2].map((column) => column[place] ?? 0));
  const of = ([a = 0, b = 0, c = 0, d = 0]: Float64Array) => c / d - a / b;
  expect(bootstrapSums(rows, { ...resampling, of }).value).toBe(found.value);
});

test("the interval of a ratio of medians of two samples is scipy's unpaired bootstrap", () => {
  const [reference_s = [], candidate_s = []] = cases.unpaired.columns;
  const found = judgeUnpaired([{ reference_s, candidate_s }], { tolerance: 0.02, resampling });
  expect(found.value).toBeCloseTo(cases.unpaired.value, 14);
  expectInterval(found, cases.unpaired);
});

test("the interval of a rate is scipy's Wilson interval", () => {
  for (const { low, high, ...rate } of goldens.wilson) {
    const found = wilson(rate);
    expect(found.low).toBeCloseTo(low, 13);
    expect(found.high).toBeCloseTo(high, 13);
  }
});

test("binomial sums are scipy's, also where a single term is too small for a number", () => {
  for (const { most, p, ...trials } of goldens.binomial) {
    expect(Math.abs(binomialAtMost(most, trials) / p - 1)).toBeLessThan(1e-8);
  }
});

test("as many samples are needed as LoadGen's incomplete beta function says", () => {
  for (const { part, above, samples } of goldens.least_samples) expect(leastSamples(part, above)).toBe(samples);
});

test("Holm rejects what the definition of the method rejects", () => {
  for (const { p, level: family, rejected } of goldens.holm) {
    expect(holm(p, family).map((adjusted) => adjusted.rejected)).toEqual(rejected);
  }
});

test("the best split of a history is the one with the greatest energy by its definition", () => {
  for (const { values, least, at, energy } of goldens.split) {
    const found = bestSplit(values, least);
    expect(found?.at).toBe(at);
    expect(found?.energy).toBeCloseTo(energy, 12);
  }
});
