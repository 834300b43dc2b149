/** Sums, medians and quantiles of samples. */

/** NaN where there is nothing. */
export function median(values: readonly number[]): number {
  return quantile(values.toSorted(ascending), 0.5);
}

/**
 * The value that `part` of all lie below, between two neighbours where it falls between them: type 7 of Hyndman and
 * Fan ("Sample quantiles in statistical packages", 1996), as numpy and R have it. NaN where there is nothing.
 */
export function quantile(sorted: ArrayLike<number>, part: number): number {
  const place = part * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below === above ? below : below + (place - Math.floor(place)) * (above - below);
}

/** The median of sorted values of which each is there `counts` times: what a resample is, with nothing copied. */
export function countedMedian(sorted: ArrayLike<number>, counts: Uint32Array): number {
  let total = 0;
  for (const count of counts) total += count;
  const half = total / 2;
  let passed = 0;
  for (let index = 0; index < counts.length; index += 1) {
    passed += counts[index] ?? 0;
    if (passed > half) return sorted[index] ?? Number.NaN;
    if (passed === half) return between(sorted, counts, index);
  }
  return Number.NaN;
}

/** Half of all are at or below `index`: the median lies between it and the next value that is there. */
function between(sorted: ArrayLike<number>, counts: Uint32Array, index: number): number {
  let next = index + 1;
  while (counts[next] === 0) next += 1;
  return ((sorted[index] ?? Number.NaN) + (sorted[next] ?? Number.NaN)) / 2;
}

export function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

export function ascending(a: number, b: number): number {
  return a - b;
}
