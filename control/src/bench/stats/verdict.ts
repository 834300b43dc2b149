/** From an effect and its tolerance to a verdict: regression, improvement, unchanged or inconclusive. */
import { type Interval, pAbove, percentileInterval, type Resampling } from "./bootstrap.ts";
import { normalQuantile } from "./normal.ts";

export type Verdict = "regression" | "improvement" | "unchanged" | "inconclusive";

/** How a value differs from the one it is compared with; more is worse. */
export interface Effect extends Interval {
  value: number;
  /** What was resampled: blocks, utterances or speakers. */
  units: number;
  level: number;
  resamples: number;
  seed: number;
}

export interface Judgement extends Effect {
  /** In the unit of the effect; a change within it, to either side, is none. */
  tolerance: number;
  verdict: Verdict;
  /** One-sided: how likely such a sample is where the effect is no more than the tolerance. */
  p_regression: number;
  /** One-sided: how likely such a sample is where the effect is at least the tolerance. */
  p_acceptable: number;
  /** How many more units a verdict would take; null where that cannot be told or the verdict is there. */
  further_units: number | null;
}

/** With fewer, not even the same sign in all of them is unlikely at 5 %: 2 * 2^-5 is 6 %, and 2 * 2^-6 is 3 %. */
export const leastUnits = 6;

/** Beyond it, "how many more" means that it is too close to the tolerance to be told apart from it. */
const mostFurther = 100_000;

/** How sure "that many more units" is to give a verdict. */
const power = 0.8;

/** `distribution` is what the bootstrap made of the value. */
export function judge(
  value: number,
  {
    distribution,
    units,
    tolerance,
    resampling,
  }: { distribution: Float64Array; units: number; tolerance: number; resampling: Resampling },
): Judgement {
  const { level, resamples, seed } = resampling;
  const interval = percentileInterval(distribution, level);
  // Draws of few units never reach beyond the farthest of them; that all are on one side by chance is as likely as this.
  const least = 2 ** -units;
  const verdict = units < leastUnits ? "inconclusive" : verdictOf(interval, tolerance);
  return {
    value,
    ...interval,
    units,
    level,
    resamples,
    seed,
    tolerance,
    verdict,
    p_regression: Math.max(least, pAbove(distribution, tolerance)),
    p_acceptable: Math.max(least, pAbove(distribution.map((drawn) => -drawn).reverse(), -tolerance)),
    further_units: verdict === "inconclusive" ? furtherUnits({ value, ...interval, units, level }, tolerance) : null,
  };
}

/** Regression where the whole interval lies beyond the tolerance, improvement likewise, unchanged where it lies inside. */
export function verdictOf({ low, high }: Interval, tolerance: number): Verdict {
  if (low > tolerance) return "regression";
  if (high < -tolerance) return "improvement";
  return low >= -tolerance && high <= tolerance ? "unchanged" : "inconclusive";
}

type Spread = Pick<Effect, "value" | "low" | "high" | "units" | "level">;

/**
 * If the value and the spread stay what they are, the interval narrows with the square root of the units. It must end
 * before the tolerance is reached, and in four of five samples, for which it must be narrower by
 * (z(0.975) + z(0.8)) / z(0.975) (the usual sample size formula, as in Lachin, Controlled Clinical Trials 2, 1981).
 */
function furtherUnits({ value, low, high, units, level }: Spread, tolerance: number): number | null {
  const surely = widening(level);
  const needed = (reach: number, room: number) => units * ((surely * reach) / room) ** 2;
  const total = Math.max(
    leastUnits,
    Math.abs(value) > tolerance
      ? needed(value > 0 ? value - low : high - value, Math.abs(value) - tolerance)
      : Math.max(needed(high - value, tolerance - value), needed(value - low, tolerance + value)),
  );
  const further = Math.max(1, Math.ceil(total) - units);
  return further <= mostFurther ? further : null;
}

/** By how much the distance to a bound must exceed half an interval for it to be cleared in four of five samples. */
export function widening(level: number): number {
  const edge = normalQuantile((1 + level) / 2);
  return (edge + normalQuantile(power)) / edge;
}
