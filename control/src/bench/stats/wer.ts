/** Word error rates of a whole set, and how they differ: pooled, with utterances or speakers drawn anew. */
import { bootstrapSums, type Interval, pAbove, percentileInterval, type Resampling } from "./bootstrap.ts";
import { type Judgement, judge } from "./verdict.ts";

/** The score of one trial of an utterance. */
export interface Scored {
  item: string;
  /** What items share, such as their speaker: they are drawn together. Without one, an item stands for itself. */
  cluster?: string;
  errors: number;
  words: number;
}

export interface PooledWer extends Interval {
  /** Errors per word: 0.05 is 5 %. NaN where there are no words. */
  wer: number;
  errors: number;
  words: number;
  /** Utterances or clusters that were drawn. */
  units: number;
  level: number;
  resamples: number;
  seed: number;
  /** One-sided: how likely such a sample is where the rate is no more than the bound; null without one. */
  p_above: number | null;
}

/**
 * Sum of errors over sum of words. Several trials of an item count as one, their mean: repeating what is deterministic
 * adds no knowledge, and a trial that failed shifts no weights. (Bisani and Ney, "Bootstrap estimates for confidence intervals in ASR performance evaluation", 2004.)
 */
export function pooledWer(
  scored: readonly Scored[],
  { bound, ...resampling }: Resampling & { bound?: number },
): PooledWer {
  const items = meansOf(scored);
  const rows = [...Map.groupBy(items, unitOf).values()].map(sums);
  const rate = ([errors = 0, words = 0]: ArrayLike<number> & Iterable<number>) => errors / words;
  const { value, distribution } = bootstrapSums(rows, { ...resampling, of: rate });
  const [errors, words] = sums(items);
  return {
    wer: value,
    ...percentileInterval(distribution, resampling.level),
    errors,
    words,
    units: rows.length,
    ...resampling,
    p_above: bound === undefined ? null : pAbove(distribution, bound),
  };
}

/** Effect and tolerance are in errors per word: 0.002 is 0.2 points of WER. */
export interface WerJudgement extends Judgement {
  reference_wer: number;
  candidate_wer: number;
  /** Items that both sides have scored; others are left out. */
  items: number;
  /** Items of which the two sides have different error rates. */
  changed_items: number;
}

/**
 * The difference of the pooled WER, candidate less reference, over the items of both, each draw taking the same items
 * or clusters on both sides: the paired bootstrap of Bisani and Ney. Where clips share a speaker, drawing utterances
 * makes false alarms, since their errors go together; draw speakers (Liu and Peng, "Statistical testing on ASR
 * performance via blockwise bootstrap", Interspeech 2020).
 */
export function judgeWer(
  sides: { reference: readonly Scored[]; candidate: readonly Scored[] },
  { tolerance, resampling }: { tolerance: number; resampling: Resampling },
): WerJudgement {
  const reference = Map.groupBy(sides.reference, ({ item }) => item);
  const candidate = Map.groupBy(sides.candidate, ({ item }) => item);
  const items = [...reference].flatMap(([item, [first, ...more]]) => {
    const other = candidate.get(item);
    if (other === undefined || first === undefined) return [];
    return [{ unit: unitOf(first), cells: [...sums(meansOf([first, ...more])), ...sums(meansOf(other))] }];
  });
  const rows = [...Map.groupBy(items, ({ unit }) => unit).values()].map((members) =>
    members.map(({ cells }) => cells).reduce((sum, cells) => sum.map((cell, place) => cell + (cells[place] ?? 0))),
  );
  const { value, distribution } = bootstrapSums(rows, { ...resampling, of: differenceOfRates });
  const judged = judge(value, { distribution, units: rows.length, tolerance, resampling });
  const total = (place: number) => items.reduce((sum, { cells }) => sum + (cells[place] ?? 0), 0);
  const changed_items = items.filter(({ cells: [e1 = 0, w1 = 0, e2 = 0, w2 = 0] }) => {
    // Means of equal counts may differ in their last digit.
    return Math.abs(e1 * w2 - e2 * w1) > 1e-9 * w1 * w2;
  }).length;
  return {
    ...judged,
    // Few items say nothing of other speech; but where none has changed, there is nothing to be sure of.
    ...(items.length > 0 && changed_items === 0 ? { verdict: "unchanged", further_units: null } : {}),
    reference_wer: total(0) / total(1),
    candidate_wer: total(2) / total(3),
    items: items.length,
    changed_items,
  };
}

function differenceOfRates([errors1 = 0, words1 = 0, errors2 = 0, words2 = 0]: Float64Array): number {
  return errors2 / words2 - errors1 / words1;
}

/** One score for each item: the mean over its trials. */
function meansOf(scored: readonly Scored[]): Scored[] {
  return [...Map.groupBy(scored, ({ item }) => item).values()].flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    const [errors, words] = sums([first, ...others]);
    const trials = 1 + others.length;
    return [{ ...first, errors: errors / trials, words: words / trials }];
  });
}

function sums(scored: readonly Scored[]): [errors: number, words: number] {
  let errors = 0;
  let words = 0;
  for (const score of scored) {
    errors += score.errors;
    words += score.words;
  }
  return [errors, words];
}

/** A cluster and an item may have the same name. */
function unitOf({ item, cluster }: Scored): string {
  return cluster === undefined ? `item ${item}` : `cluster ${cluster}`;
}
