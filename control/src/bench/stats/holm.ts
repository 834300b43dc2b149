/** Many gates at once: which of them may be called a finding, so that all together rarely call a false one. */

export interface Adjusted {
  /** Comparable with the level of the whole family. */
  p: number;
  rejected: boolean;
}

/** Holm's step-down method ("A simple sequentially rejective multiple test procedure", 1979), in the order given. */
export function holm(pValues: readonly number[], level: number): Adjusted[] {
  const order = pValues.map((p, index) => ({ p, index })).sort((a, b) => a.p - b.p);
  const adjusted = new Array<Adjusted>(pValues.length);
  let most = 0;
  for (const [rank, { p, index }] of order.entries()) {
    most = Math.max(most, Math.min(1, p * (pValues.length - rank)));
    adjusted[index] = { p: most, rejected: most <= level };
  }
  return adjusted;
}
