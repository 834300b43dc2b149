/** Is one side slower? By blocks in which both sides ran in turns; or, from two runs, by the medians of either. */
import { bootstrap, bootstrapMedian, type Resampling } from "./bootstrap.ts";
import { ascending, countedMedian, sumOf } from "./quantile.ts";
import { type Judgement, judge } from "./verdict.ts";

/** One block: what both sides took for the same work, one right after the other. */
export interface Pair {
  reference_s: number;
  candidate_s: number;
}

/** Effect and tolerance are natural logarithms of how many times as long the candidate takes. */
export interface SpeedJudgement extends Judgement {
  paired: boolean;
}

export interface SpeedOptions {
  /** As a part: with 0.05 the candidate may take 5 % longer. */
  tolerance: number;
  resampling: Resampling;
}

/** ln(candidate / reference) of each block: 0.1 is about 10 % slower. */
export function logRatios(pairs: readonly Pair[]): number[] {
  return pairs.map(({ reference_s, candidate_s }) => Math.log(candidate_s / reference_s));
}

/**
 * The median over blocks of d = ln(candidate / reference), with a percentile bootstrap over the blocks. Whatever slows
 * the machine for longer than a block slows both sides of it and cancels (Mytkowicz et al., "Producing wrong data
 * without doing anything obviously wrong", ASPLOS 2009, on why the order must not decide).
 */
export function judgePaired(pairs: readonly Pair[], { tolerance, resampling }: SpeedOptions): SpeedJudgement {
  const { value, distribution } = bootstrapMedian(logRatios(pairs), resampling);
  const judged = judge(value, { distribution, units: pairs.length, tolerance: Math.log1p(tolerance), resampling });
  return { ...judged, paired: true };
}

/** The times of one item in each of the two runs. */
export interface UnpairedItem {
  reference_s: readonly number[];
  candidate_s: readonly number[];
}

/** With two, draws vary half as much as they should; of three and more, the medians of draws vary as medians do. */
const leastTrials = 3;

/**
 * ln of the candidate's time over the reference's, each the sum over items of the item's median, with a bootstrap that
 * draws the trials of each item of each side anew. Nothing cancels here: a machine that was slower during one run, or
 * a server that started differently, is part of the effect and not of the interval. Units are trials; there is no
 * verdict where an item has fewer than three on either side.
 */
export function judgeUnpaired(items: readonly UnpairedItem[], { tolerance, resampling }: SpeedOptions): SpeedJudgement {
  const samples = items.flatMap(({ reference_s, candidate_s }) => [reference_s, candidate_s]);
  const sorted = samples.map((times_s) => Float64Array.from(times_s.toSorted(ascending)));
  const strata = sorted.map(({ length }) => length);
  const statistic = (counts: readonly Uint32Array[]) => {
    const sums_s = [0, 0];
    for (const [place, drawn] of counts.entries()) {
      const side = place % 2;
      sums_s[side] = (sums_s[side] ?? 0) + countedMedian(sorted[place] ?? [], drawn);
    }
    const [reference_s = Number.NaN, candidate_s = Number.NaN] = sums_s;
    return Math.log(candidate_s / reference_s);
  };
  const value = statistic(strata.map((length) => new Uint32Array(length).fill(1)));
  const enough = strata.every((length) => length >= leastTrials);
  const judged = judge(value, {
    distribution: bootstrap(strata, { ...resampling, statistic }),
    units: enough ? sumOf(items.map((item) => Math.min(item.reference_s.length, item.candidate_s.length))) : 0,
    tolerance: Math.log1p(tolerance),
    resampling,
  });
  return { ...judged, paired: false };
}
