/** Which samples are far from the rest: they are shown as such and stay in. */
import { median } from "./quantile.ts";

/** Iglewicz and Hoaglin, "How to detect and handle outliers" (1993): a modified z-score beyond it is an outlier. */
const farthest = 3.5;

/** Of normal samples, the standard deviation is so many times the median and the mean absolute deviation. */
const perMedianDeviation = 1.4826;
const perMeanDeviation = 1.2533;

/** Places of the outliers; times are best given as logarithms, since slow ones lie far out by nature. */
export function outliers(values: readonly number[]): number[] {
  const middle = median(values);
  const deviations = values.map((value) => Math.abs(value - middle));
  const mean = deviations.reduce((sum, deviation) => sum + deviation, 0) / deviations.length;
  // Where more than half are the same, as a coarse clock makes them, the median deviation says nothing.
  const spread = perMedianDeviation * median(deviations) || perMeanDeviation * mean;
  return deviations.flatMap((deviation, place) => (deviation > farthest * spread ? [place] : []));
}
