/** The slow end of a latency distribution: percentiles only from enough samples, and what they surely do not exceed. */
import { ascending, quantile } from "./quantile.ts";

export interface Tail {
  /** 0.9, 0.95 or 0.99. */
  part: number;
  /** Null where there are fewer samples than `least`. */
  value: number | null;
  /** With 99 % confidence the percentile is no more than this. */
  surely: number | null;
  least: number;
}

const tailParts = [0.9, 0.95, 0.99] as const;

/** As MLPerf's LoadGen has it. */
const confidence = 0.99;

/**
 * MLPerf LoadGen's rule (loadgen/early_stopping.cc and the single stream case of results.cc): with n samples the
 * number above the p-quantile is binomial(n, 1 - p). The estimate is the t-th highest sample, for the greatest t
 * with P(at most t above) < 1 - 0.99; where not even t = 1 fulfils it, there are too few samples. That takes
 * 64, 130 and 662 samples for p90, p95 and p99.
 */
export function tails(values: readonly number[], parts: readonly number[] = tailParts): Tail[] {
  const sorted = values.toSorted(ascending);
  return parts.map((part) => {
    const allowed = mostAbove(sorted.length, part);
    const least = leastSamples(part);
    if (allowed < 1) return { part, value: null, surely: null, least };
    return { part, value: quantile(sorted, part), surely: sorted[sorted.length - allowed] ?? null, least };
  });
}

/** The fewest samples of which the percentile may be told while so many are above it. */
export function leastSamples(part: number, above = 1): number {
  const enough = (samples: number) => binomialAtMost(above, { samples, chance: 1 - part }) < 1 - confidence;
  let few = above;
  let many = above + 1;
  while (!enough(many)) [few, many] = [many, 2 * many];
  while (many - few > 1) {
    const middle = Math.floor((few + many) / 2);
    if (enough(middle)) many = middle;
    else few = middle;
  }
  return many;
}

export type SloVerdict = "met" | "missed" | "inconclusive";

export interface Slo {
  verdict: SloVerdict;
  samples: number;
  late: number;
  /** How likely so many late ones are where the percentile is within the limit. */
  p_missed: number;
  /** Where it could still be met: samples that it would take if all of them were in time (LoadGen's server case). */
  further_samples: number | null;
}

/**
 * Is the percentile within the limit, with 99 % confidence? LoadGen's server case, and its mirror image: missed where
 * so many late ones are as unlikely as that if the percentile were within it.
 */
export function serviceLevel(values: readonly number[], { part, limit }: { part: number; limit: number }): Slo {
  const samples = values.length;
  const late = values.filter((value) => !(value <= limit)).length;
  const chance = 1 - part;
  const counts = { samples, late, p_missed: late === 0 ? 1 : 1 - binomialAtMost(late - 1, { samples, chance }) };
  if (samples > late && binomialAtMost(late, { samples, chance }) < 1 - confidence) {
    return { verdict: "met", ...counts, further_samples: null };
  }
  if (counts.p_missed < 1 - confidence) return { verdict: "missed", ...counts, further_samples: null };
  return { verdict: "inconclusive", ...counts, further_samples: leastSamples(part, late) - samples };
}

/** The greatest t with P(binomial(samples, 1 - part) <= t) < 1 - confidence; -1 where there is none. */
function mostAbove(samples: number, part: number): number {
  let above = -1;
  for (const sum of binomialSums(samples, 1 - part)) {
    if (sum >= 1 - confidence) break;
    above += 1;
  }
  return above;
}

/** P(binomial(samples, chance) <= most). */
export function binomialAtMost(most: number, { samples, chance }: { samples: number; chance: number }): number {
  let hits = 0;
  for (const sum of binomialSums(samples, chance)) {
    if (hits === most) return sum;
    hits += 1;
  }
  return 1;
}

/** P(at most 0), P(at most 1) and so on; by logarithms, so that many samples do not underflow. */
function* binomialSums(samples: number, chance: number): Generator<number> {
  const odds = Math.log(chance) - Math.log1p(-chance);
  let logTerm = samples * Math.log1p(-chance);
  let sum = 0;
  for (let hits = 0; hits <= samples; hits += 1) {
    sum += Math.exp(logTerm);
    yield Math.min(1, sum);
    logTerm += Math.log((samples - hits) / (hits + 1)) + odds;
  }
}
