/** Steps in a history: from where on a value is another one, and not only noisy. */
import { median } from "./quantile.ts";
import { createRandom, shuffled } from "./random.ts";

export interface Step {
  /** Place of the first value after the step. */
  at: number;
  /** Medians of what lies between this step and its neighbours. */
  before: number;
  after: number;
  /** How likely so great a step is in the same values in any other order. */
  p: number;
}

export interface StepOptions {
  seed: number;
  /** A step is one where p is at most this. */
  level?: number;
  /** Orders that are tried. */
  permutations?: number;
  /** Fewest values on either side. */
  least?: number;
}

/**
 * E-divisive (Matteson and James, "A nonparametric approach for multiple change point analysis of multivariate data",
 * JASA 2014), with each part split at its greatest energy statistic as long as a permutation test finds it unlikely;
 * MongoDB finds its performance regressions so (Daly et al., ICPE 2020). It assumes no distribution and no scale.
 * Each part is tested by itself, and a split is between the whole rests of it. O(n^2) per order.
 */
export function findSteps(history: readonly number[], options: StepOptions): Step[] {
  const { seed, level = 0.01, permutations = 499, least = 3 } = options;
  const random = createRandom(seed);
  const found: { at: number; p: number }[] = [];
  const search = (from: number, to: number) => {
    const part = history.slice(from, to);
    const split = bestSplit(part, least);
    if (split === undefined) return;
    let asGreat = 0;
    for (let order = 0; order < permutations; order += 1) {
      if ((bestSplit(shuffled(part, random), least)?.energy ?? 0) >= split.energy) asGreat += 1;
    }
    const p = (1 + asGreat) / (1 + permutations);
    if (p > level) return;
    search(from, from + split.at);
    found.push({ at: from + split.at, p });
    search(from + split.at, to);
  };
  search(0, history.length);
  const bounds = [0, ...found.map(({ at }) => at), history.length];
  const levelOf = (place: number) => median(history.slice(bounds[place], bounds[place + 1]));
  return found.map(({ at, p }, place) => ({ at, before: levelOf(place), after: levelOf(place + 1), p }));
}

/**
 * The split with the greatest energy: n m / (n + m) times (2 E|X - Y| - E|X - X'| - E|Y - Y'|), the means within a
 * side over its pairs. Undefined where the values are too few or all the same.
 */
export function bestSplit(values: readonly number[], least: number): { at: number; energy: number } | undefined {
  let within1 = 0;
  let between = 0;
  let within2 = 0;
  for (let place = 0; place < values.length; place += 1)
    within2 += distances(values, { place, from: place, to: values.length });
  let best: { at: number; energy: number } | undefined;
  for (let at = 1; at < values.length; at += 1) {
    // The value before the split has changed sides.
    const toLeft = distances(values, { place: at - 1, from: 0, to: at });
    const toRight = distances(values, { place: at - 1, from: at, to: values.length });
    within1 += toLeft;
    within2 -= toRight;
    between += toRight - toLeft;
    const [n, m] = [at, values.length - at];
    if (n < least || m < least) continue;
    const pairs = (size: number) => (size * (size - 1)) / 2;
    const distance = (2 * between) / (n * m) - within1 / pairs(n) - within2 / pairs(m);
    const energy = ((n * m) / (n + m)) * distance;
    if (energy > (best?.energy ?? 0)) best = { at, energy };
  }
  return best;
}

/** Sum of |value - value at the place| from one place to before another. */
function distances(
  values: readonly number[],
  { place, from, to }: { place: number; from: number; to: number },
): number {
  const own = values[place] ?? 0;
  let sum = 0;
  for (let other = from; other < to; other += 1) sum += Math.abs((values[other] ?? 0) - own);
  return sum;
}
