/** The bootstrap: what a statistic would be in other samples like this one, and the interval that says so. */
import { ascending, countedMedian, median, quantile } from "./quantile.ts";
import { createRandom } from "./random.ts";

export interface Resampling {
  /** How often the sample is drawn anew. */
  resamples: number;
  /** Stored with each result: the same seed gives the same interval. */
  seed: number;
  /** Of the interval: 0.95 leaves out 2.5 % at either end. */
  level: number;
}

export interface Interval {
  low: number;
  high: number;
}

export const usualResampling = { resamples: 10_000, seed: 1, level: 0.95 } as const satisfies Resampling;

/**
 * Draws groups with replacement and takes the statistic of each draw, sorted (Efron and Tibshirani, "An introduction
 * to the bootstrap", 1993, chapter 13). Each stratum is a number of groups of which as many are drawn; the statistic
 * sees how often each group was drawn. Draws of which it is not a number (no words at all) are left out.
 */
export function bootstrap(
  strata: readonly number[],
  { resamples, seed, statistic }: Resampling & { statistic: (counts: readonly Uint32Array[]) => number },
): Float64Array {
  const random = createRandom(seed);
  const counts = strata.map((size) => new Uint32Array(size));
  const found = new Float64Array(resamples);
  for (let resample = 0; resample < resamples; resample += 1) {
    for (const stratum of counts) {
      stratum.fill(0);
      for (let draw = 0; draw < stratum.length; draw += 1) {
        const drawn = random.below(stratum.length);
        stratum[drawn] = (stratum[drawn] ?? 0) + 1;
      }
    }
    found[resample] = statistic(counts);
  }
  // A typed array sorts what is not a number to its end.
  found.sort();
  const numbers = found.findIndex(Number.isNaN);
  return numbers === -1 ? found : found.subarray(0, numbers);
}

/** The median of values and the medians of their draws. */
export function bootstrapMedian(
  values: readonly number[],
  resampling: Resampling,
): { value: number; distribution: Float64Array } {
  const sorted = Float64Array.from(values.toSorted(ascending));
  const statistic = ([counts = new Uint32Array()]: readonly Uint32Array[]) => countedMedian(sorted, counts);
  return { value: median(values), distribution: bootstrap([sorted.length], { ...resampling, statistic }) };
}

/** A statistic of the sums of each column, where a row is what a group (an utterance, a speaker) adds to them. */
export function bootstrapSums(
  rows: readonly (readonly number[])[],
  { of, ...resampling }: Resampling & { of: (sums: Float64Array) => number },
): { value: number; distribution: Float64Array } {
  const columns = Array.from(rows[0] ?? [], (_, column) => Float64Array.from(rows, (row) => row[column] ?? 0));
  const sums = new Float64Array(columns.length);
  const statistic = ([counts = new Uint32Array()]: readonly Uint32Array[]) => {
    for (const [place, column] of columns.entries()) {
      let sum = 0;
      for (let row = 0; row < column.length; row += 1) sum += (counts[row] ?? 0) * (column[row] ?? 0);
      sums[place] = sum;
    }
    return of(sums);
  };
  const value = statistic([new Uint32Array(rows.length).fill(1)]);
  return { value, distribution: bootstrap([rows.length], { ...resampling, statistic }) };
}

/** The percentile interval: the quantiles of the sorted distribution that leave out the same on both sides. */
export function percentileInterval(distribution: Float64Array, level: number): Interval {
  const tail = (1 - level) / 2;
  return { low: quantile(distribution, tail), high: quantile(distribution, 1 - tail) };
}

/**
 * How likely draws on the wrong side of the bound are: the one-sided p-value that the effect lies above it. It counts
 * the sample itself as a draw, so that it is never zero (Davison and Hinkley, "Bootstrap methods", 1997, section 4.2).
 */
export function pAbove(distribution: Float64Array, bound: number): number {
  let wrong = 0;
  for (const value of distribution) if (value <= bound) wrong += 1;
  return (1 + wrong) / (1 + distribution.length);
}
