/** Scales: from values to places on a plot, and the round values that an axis is marked with. */

export interface Scale {
  (value: number): number;
  /** Round values within the domain. */
  readonly ticks: readonly number[];
  readonly domain: readonly [number, number];
}

type Pair = readonly [number, number];

/** The domain is widened to round ends. */
export function linearScale(domain: Pair, { range, ticks = 6 }: { range: Pair; ticks?: number }): Scale {
  const [low, high] = apart(domain);
  const step = roundStep((high - low) / ticks);
  const first = Math.floor(low / step + 1e-9);
  const last = Math.ceil(high / step - 1e-9);
  const marks = Array.from({ length: last - first + 1 }, (_, index) => tidy((first + index) * step));
  const ends: Pair = [tidy(first * step), tidy(last * step)];
  return Object.assign((value: number) => between(range, (value - ends[0]) / (ends[1] - ends[0])), {
    ticks: marks,
    domain: ends,
  });
}

/** Marked at 1, 2 and 5 of each power of ten, or at the powers alone where those would be too many; values above 0. */
export function logScale(domain: Pair, { range, ticks = 8 }: { range: Pair; ticks?: number }): Scale {
  const [low, high] = domain[0] === domain[1] ? [domain[0] / 1.5, domain[1] * 1.5] : domain;
  const pad = (high / low) ** 0.05;
  const ends: Pair = [low / pad, high * pad];
  const place = (value: number) => Math.log(value / ends[0]) / Math.log(ends[1] / ends[0]);
  const within = (value: number) => value >= ends[0] * (1 - 1e-9) && value <= ends[1] * (1 + 1e-9);
  const powers = Array.from(
    { length: Math.floor(Math.log10(ends[1])) - Math.floor(Math.log10(ends[0])) + 1 },
    (_, index) => Math.floor(Math.log10(ends[0])) + index,
  );
  const marked = [[1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 2, 5], [1, 3], [1]]
    .map((digits) => powers.flatMap((power) => digits.map((digit) => tidy(digit * 10 ** power))).filter(within))
    .find((marks) => marks.length <= ticks);
  const sparse = powers.map((power) => tidy(10 ** power)).filter(within);
  const chosen = marked ?? sparse.filter((_, index) => index % Math.ceil(sparse.length / ticks) === 0);
  // A span that holds no two such values is narrow enough to be marked evenly.
  const marks =
    chosen.length >= 3 ? chosen : linearScale(ends, { range, ticks: Math.min(ticks, 5) }).ticks.filter(within);
  return Object.assign((value: number) => between(range, place(value)), { ticks: marks, domain: ends });
}

/** 1, 2 or 5 times a power of ten, at least as great as asked. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  return ([1, 2, 5, 10].find((digit) => digit * power >= step * (1 - 1e-9)) ?? 10) * power;
}

function between([from, to]: Pair, part: number): number {
  return from + part * (to - from);
}

function apart([low, high]: Pair): Pair {
  if (low < high) return [low, high];
  const pad = Math.abs(low) / 2 || 1;
  return [low - pad, low + pad];
}

/** Without what binary fractions leave behind: 0.30000000000000004 is 0.3. */
function tidy(value: number): number {
  return Number(value.toPrecision(12));
}
