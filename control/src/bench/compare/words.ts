/** How a comparison says its numbers. */
import type { WerJudgement } from "../stats/wer.ts";
import type { SpeedComparison } from "./pair.ts";

export function percent(part: number): string {
  return `${(100 * part).toFixed(1)} %`;
}

/** Of rates of errors, which are in percent already. */
export function points(part: number): string {
  return `${(100 * part).toFixed(2)} points`;
}

export function speedWords({ change, change_low, change_high, level, paired }: SpeedComparison): string {
  const manner = paired ? "" : ", not paired";
  const size = change < 0 ? `${percent(-change)} less time` : `${percent(change)} more time`;
  return `${size} (${percent(level)}: ${percent(change_low)} to ${percent(change_high)}${manner})`;
}

export function errorWords({ value, low, high, level, reference_wer, candidate_wer }: WerJudgement): string {
  const size = value < 0 ? `${points(-value)} fewer` : `${points(value)} more`;
  const rates = `${percent(reference_wer)} to ${percent(candidate_wer)}`;
  return `${size} errors, from ${rates} (${percent(level)}: ${points(low)} to ${points(high)})`;
}

export function rounded(value: number): string {
  return String(Number(value.toPrecision(4)));
}
