/** Many scores as one: rates of sums, never means of rates. */
import { wordsPerMinute } from "./hallucination.ts";
import type { Score } from "./score.ts";
import { errorRate, sumCounts } from "./wer.ts";

/** Rates are null where nothing was there to be right or wrong. */
export interface PooledScore {
  /** Those with a reference that says something. */
  utterances: number;
  wer: number | null;
  cer: number | null;
  wer_raw: number | null;
  words: number;
  errors: number;
  hits: number;
  substitutions: number;
  deletions: number;
  insertions: number;
  words_in_insertion_runs: number;
  hypothesis_words: number;
  repeated_5grams: number;
  /** Those in which nothing is said. */
  nonspeech_items: number;
  nonspeech_s: number;
  hallucinated_words: number;
  hallucinated_words_per_minute: number | null;
  /** The part of them that got any word, 1 for all. */
  nonspeech_nonempty_rate: number | null;
}

export function pool(scores: readonly Score[]): PooledScore {
  const sum = (field: keyof Score) => scores.reduce((total, score) => total + (score[field] ?? 0), 0);
  const rate = (errors: keyof Score, size: keyof Score) => errorRate(sumCounts(countsOf(scores, { errors, size })));
  const nonspeech_items = scores.filter(({ nonspeech_s }) => nonspeech_s !== null).length;
  return {
    utterances: scores.filter(({ words }) => words !== null).length,
    wer: rate("errors", "words"),
    cer: rate("character_errors", "characters"),
    wer_raw: rate("raw_errors", "raw_words"),
    words: sum("words"),
    errors: sum("errors"),
    hits: sum("hits"),
    substitutions: sum("substitutions"),
    deletions: sum("deletions"),
    insertions: sum("insertions"),
    words_in_insertion_runs: sum("words_in_insertion_runs"),
    hypothesis_words: sum("hypothesis_words"),
    repeated_5grams: sum("repeated_5grams"),
    nonspeech_items,
    nonspeech_s: sum("nonspeech_s"),
    hallucinated_words: sum("hallucinated_words"),
    hallucinated_words_per_minute: wordsPerMinute(sum("hallucinated_words"), sum("nonspeech_s")),
    nonspeech_nonempty_rate: errorRate({ errors: sum("nonspeech_nonempty"), size: nonspeech_items }),
  };
}

function countsOf(scores: readonly Score[], fields: { errors: keyof Score; size: keyof Score }) {
  return scores.map((score) => ({ errors: score[fields.errors] ?? 0, size: score[fields.size] ?? 0 }));
}
