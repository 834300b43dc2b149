/** Verdicts as sentences: what differs by how much from what, how sure that is, and what follows from it. */
import type { Comparison } from "../compare/compare.ts";
import type { SpeedComparison } from "../compare/pair.ts";
import type { SideConfig } from "../compare/side.ts";
import { type Judgement, leastUnits, type Verdict } from "../stats/verdict.ts";
import type { WerJudgement } from "../stats/wer.ts";
import type { RunSummary } from "./summary.ts";

export interface VerdictLine {
  config_key: string;
  /** Label of the run config that is judged. */
  subject: string;
  metric: "speed" | "wer" | "cer";
  verdict: Verdict;
  /** What was found: the sentence between the subject and the verdict. */
  text: string;
  /** What would bring a verdict where there is none; null where there is one. */
  remedy: string | null;
}

/** The whole sentence. */
export function sentenceOf({ subject, text, verdict, remedy }: VerdictLine): string {
  return `${subject}: ${text}: ${verdict}${remedy === null ? "" : `, ${remedy}`}`;
}

/** Notes of a comparison that the list of unsupported run configs does not make already. */
export function notesBeside({ notes }: Comparison, { configs }: RunSummary): string[] {
  const unsupported = configs.filter((config) => config.unsupported.length > 0);
  return notes.filter((note) => unsupported.every(({ label }) => !note.startsWith(`${label} was not run`)));
}

export function verdictLines({ pairs }: Pick<Comparison, "pairs">): VerdictLine[] {
  return pairs.flatMap((pair) => {
    const { candidate, reference, speed, wer, cer } = pair;
    if (reference === undefined) return [];
    const other = nameBeside(reference, candidate);
    const line = (metric: VerdictLine["metric"], judged: Judgement, text: string): VerdictLine => ({
      config_key: candidate.config_key,
      subject: candidate.label,
      metric,
      verdict: judged.verdict,
      text,
      remedy: judged.verdict === "inconclusive" ? remedyOf(judged, metric === "speed" ? "blocks" : "items") : null,
    });
    return [
      ...(speed === null ? [] : [line("speed", speed, speedText(speed, other))]),
      ...(wer === null ? [] : [line("wer", wer, errorText(wer, "WER", other))]),
      ...(cer === null ? [] : [line("cer", cer, errorText(cer, "CER", other))]),
    ];
  });
}

/** Of the reference only what the candidate's label does not say already; a label begins with the name of the SUT. */
function nameBeside(reference: SideConfig, candidate: SideConfig): string {
  if (reference.label === candidate.label) return "the baseline";
  const [sut = "", ...parameters] = reference.label.split(" ");
  const [ownSut, ...own] = candidate.label.split(" ");
  if (parameters.join(" ") === own.join(" ")) return sut;
  return sut === ownSut && parameters.length > 0 ? parameters.join(" ") : reference.label;
}

function speedText(speed: SpeedComparison, other: string): string {
  const { change, change_low, change_high, level, tolerance, paired } = speed;
  const size = `${percent(Math.abs(change))} ${change < 0 ? "faster" : "slower"} than ${other}`;
  const range = spanOf([change_low, change_high], { less: "less time", more: "more time" });
  const manner = paired ? "" : ", two runs";
  return `${size} (${wholePercent(level)}: ${range}${manner}), ${standing(speed.verdict)} the tolerance of ${digits(Math.expm1(tolerance)).replace(/\.0$/, "")} %`;
}

function errorText(errors: WerJudgement, name: string, other: string): string {
  const { value, low, high, level, tolerance, reference_wer, candidate_wer, changed_items } = errors;
  const rates = `${name} ${rate(candidate_wer)} against ${rate(reference_wer)} of ${other}`;
  if (changed_items === 0) return `${rates}, the same errors in every item`;
  const difference = `${points(Math.abs(value))} points ${value < 0 ? "fewer" : "more"}`;
  const range = `${signed(low)} to ${signed(high)}`;
  return `${rates}, ${difference} (${wholePercent(level)}: ${range}), ${standing(errors.verdict)} the tolerance of ${points(tolerance)} points`;
}

function standing(verdict: Verdict): string {
  if (verdict === "inconclusive") return "neither surely within nor beyond";
  return verdict === "unchanged" ? "within" : "beyond";
}

function remedyOf({ further_units, units: had }: Judgement, units: string): string {
  if (had < leastUnits) return `from ${had} ${units} only, and it takes at least ${leastUnits}`;
  if (further_units === null) return "too close to the tolerance for more trials to tell";
  return `about ${further_units} more ${units} would tell`;
}

/** "0.9 to 2.7 % more time", or "0.4 % less to 1.1 % more time" where it holds both. */
function spanOf([low, high]: readonly [number, number], words: { less: string; more: string }): string {
  if (low >= 0) return `${digits(low)} to ${percent(high)} ${words.more}`;
  if (high <= 0) return `${digits(-high)} to ${percent(-low)} ${words.less}`;
  return `${percent(-low)} ${words.less.split(" ")[0]} to ${percent(high)} ${words.more}`;
}

const digits = (part: number) => (100 * part).toFixed(1);
const percent = (part: number) => `${digits(part)} %`;
const wholePercent = (part: number) => `${Math.round(100 * part)} %`;
const rate = (part: number) => `${(100 * part).toFixed(2)} %`;
const points = (part: number) => (100 * part).toFixed(2).replace(/\.?0+$/, "");
const signed = (part: number) => `${part < 0 ? "−" : "+"}${(100 * Math.abs(part)).toFixed(2)}`;
