/** The metrics of what a trial heard, of one text or of many; the same for a trial that runs and one that is scored anew. */
import type { Definition } from "../definition/schema.ts";
import type { TrialRecord } from "../results/record.ts";
import type { ItemFacts } from "../workloads/item.ts";
import { type NormalizerName, normalizerFor } from "./normalize/normalizers.ts";
import { pool } from "./pool.ts";
import { type Score, scoreUtterance } from "./score.ts";

export type AskedNormalizer = Definition["scoring"]["normalizer"];

export interface HeardText {
  item: ItemFacts;
  /** As it came from the SUT. */
  hypothesis: string;
}

interface Normalizing {
  normalizer: AskedNormalizer;
  /** Of items that name none. */
  language: string | null;
}

/** Counts are summed, and rates are those of the sums. */
export function scoreTexts(texts: readonly HeardText[], options: Normalizing): TrialRecord["metrics"] {
  const scores = texts.map(({ item, hypothesis }) =>
    scoreUtterance(
      { reference: item.text, expect: item.expect, hypothesis, duration_s: item.duration_s },
      { normalizer: nameFor(item, options) },
    ),
  );
  const [first, ...others] = scores;
  if (first === undefined) return {};
  return others.length === 0 ? first : { ...sums(scores), ...ratesOf(scores) };
}

/** The names, with their versions, of those that texts of these items are scored with. */
export function normalizersOf(items: readonly ItemFacts[], options: Normalizing): string {
  return [...new Set(items.map((item) => nameFor(item, options)))].toSorted().join(", ");
}

function nameFor(item: ItemFacts, { normalizer, language }: Normalizing): NormalizerName {
  return normalizer === "auto" ? normalizerFor(item.language ?? language) : normalizer;
}

/** Null where none of them was measured. */
function sums(scores: readonly Score[]): TrialRecord["metrics"] {
  const names = Object.keys(scores[0] ?? {}) as (keyof Score)[];
  return Object.fromEntries(
    names.map((name) => {
      const known = scores.flatMap((score) => score[name] ?? []);
      return [name, known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0)];
    }),
  );
}

function ratesOf(scores: readonly Score[]): Partial<Score> {
  const { wer, cer, wer_raw, hallucinated_words_per_minute } = pool(scores);
  const longest = scores.flatMap(({ longest_insertion_run }) => longest_insertion_run ?? []);
  return {
    wer,
    cer,
    wer_raw,
    hallucinated_words_per_minute,
    repeated_5grams_share: null,
    longest_insertion_run: longest.length === 0 ? null : Math.max(...longest),
  };
}
