/** The interval of a rate: how often something happens, from how often it did. */
import type { Interval } from "./bootstrap.ts";
import { normalQuantile } from "./normal.ts";

/** Wilson's score interval ("Probable inference, the law of succession, and statistical inference", 1927); of none, anything. */
export function wilson({ hits, of, level }: { hits: number; of: number; level: number }): Interval {
  const z = normalQuantile((1 + level) / 2);
  const rate = hits / of;
  const scale = 1 + (z * z) / of;
  const middle = (rate + (z * z) / (2 * of)) / scale;
  const reach = (z * Math.sqrt((rate * (1 - rate)) / of + (z * z) / (4 * of * of))) / scale;
  return { low: hits === 0 ? 0 : middle - reach, high: hits === of ? 1 : middle + reach };
}
