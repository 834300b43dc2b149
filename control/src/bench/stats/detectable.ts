/** What the machine can tell at all: the least effect that an A/A run, the same on both sides, says would be found. */
import { bootstrapMedian, percentileInterval, type Resampling } from "./bootstrap.ts";
import { leastUnits, widening } from "./verdict.ts";

export interface Detectable {
  /** As a part: 0.03 is a slowdown of 3 %, found in four of five runs; a tolerance below it cannot be held. */
  effect: number;
  /** Blocks of the runs that it is told for. */
  blocks: number;
  /** Of the A/A run. */
  measured_blocks: number;
  /** The median of the A/A run, as a part: what the order of the two sides alone makes. */
  bias: number;
  /** The interval of the A/A run does not hold zero: the harness favours a side, and no verdict is to be trusted. */
  biased: boolean;
  seed: number;
}

/**
 * From d = ln(second / first) of the blocks of an A/A run. Half its interval, for the blocks that a run will have
 * (it narrows with their square root), times (z(0.975) + z(0.8)) / z(0.975): what is so far beyond a tolerance is
 * called a regression in 80 % of runs, and where nothing has changed, a gate with such a tolerance passes as often.
 * Never less than what the A/A run itself differs by.
 * Undefined from fewer than six blocks.
 */
export function leastDetectable(
  logRatios: readonly number[],
  { blocks, resampling }: { blocks: number; resampling: Resampling },
): Detectable | undefined {
  if (logRatios.length < leastUnits) return;
  const { value, distribution } = bootstrapMedian(logRatios, resampling);
  const { low, high } = percentileInterval(distribution, resampling.level);
  const half = ((high - low) / 2) * Math.sqrt(logRatios.length / blocks);
  return {
    // What the order alone makes is nothing that could be told from an effect.
    effect: Math.max(Math.expm1(half * widening(resampling.level)), Math.expm1(Math.abs(value))),
    blocks,
    measured_blocks: logRatios.length,
    bias: Math.expm1(value),
    biased: low > 0 || high < 0,
    seed: resampling.seed,
  };
}
