/** The score of one hypothesis, and of many together: a function of stored texts, so that old results can be scored anew. */
import { alignWords } from "./align.ts";
import { countLoops, insertionRuns, wordsPerMinute } from "./hallucination.ts";
import { type NormalizerName, normalizers } from "./normalize/normalizers.ts";
import { splitWords } from "./normalize/python-text.ts";
import { characterCounts, errorRate, wordCounts } from "./wer.ts";

export interface Utterance {
  /** What is said; null where nobody knows, "" where nothing is said. */
  reference: string | null;
  /** `empty`: there is no speech, so that any word is made up; `reference` does not matter then. */
  expect: "speech" | "empty";
  /** As it came from the SUT. */
  hypothesis: string;
  duration_s: number;
}

const none = {
  wer: null,
  cer: null,
  wer_raw: null,
  words: null,
  errors: null,
  hits: null,
  substitutions: null,
  deletions: null,
  insertions: null,
  characters: null,
  character_errors: null,
  raw_words: null,
  raw_errors: null,
  longest_insertion_run: null,
  words_in_insertion_runs: null,
  hypothesis_words: null,
  repeated_5grams: null,
  repeated_5grams_share: null,
  nonspeech_s: null,
  nonspeech_nonempty: null,
  hallucinated_words: null,
  hallucinated_words_per_minute: null,
} as const;

/**
 * A trial's metrics; null where there is nothing to measure it by. Rates are fractions, 0.1 for 10 %.
 *
 * Words and characters are those left by the normalizer, but for the `raw` ones, which any space parts. Where something
 * is said: `wer` to `words_in_insertion_runs` (runs of five inserted words or more). Where nothing is: `nonspeech_s`, the
 * audio's length, to the end; each word heard there is a hallucination, and no part of any error rate.
 * `repeated_5grams` are five words in a row that came before, oftener than the reference has them.
 */
export type Score = Record<keyof typeof none, number | null>;

export const scoreNames: readonly string[] = Object.keys(none);

export function scoreUtterance(utterance: Utterance, { normalizer }: { normalizer: NormalizerName }): Score {
  const wordsOf = (text: string) => splitWords(normalizers[normalizer](text));
  const hypothesis = wordsOf(utterance.hypothesis);
  const written = utterance.expect === "empty" ? "" : utterance.reference;
  const reference = written === null ? null : wordsOf(written);
  return {
    ...none,
    ...scoreLoops(hypothesis, reference ?? []),
    ...(written === null || reference === null
      ? {}
      : reference.length === 0
        ? scoreNonspeech(hypothesis, utterance.duration_s)
        : { ...scoreWords(reference, hypothesis), ...scoreRaw(splitWords(written), splitWords(utterance.hypothesis)) }),
  };
}

function scoreLoops(hypothesis: readonly string[], reference: readonly string[]): Partial<Score> {
  const { repeated, fiveGrams } = countLoops(hypothesis, reference);
  return {
    hypothesis_words: hypothesis.length,
    repeated_5grams: repeated,
    repeated_5grams_share: errorRate({ errors: repeated, size: fiveGrams }),
  };
}

function scoreWords(reference: readonly string[], hypothesis: readonly string[]): Partial<Score> {
  const { edits, ...counts } = alignWords(reference, hypothesis);
  const errors = counts.substitutions + counts.deletions + counts.insertions;
  const runs = insertionRuns(edits);
  const characters = characterCounts(reference, hypothesis);
  return {
    wer: errorRate({ errors, size: reference.length }),
    cer: characters === null ? null : errorRate(characters),
    words: reference.length,
    errors,
    ...counts,
    characters: characters?.size ?? null,
    character_errors: characters?.errors ?? null,
    longest_insertion_run: runs.longest,
    words_in_insertion_runs: runs.words,
  };
}

function scoreRaw(reference: readonly string[], hypothesis: readonly string[]): Partial<Score> {
  const counts = wordCounts(reference, hypothesis);
  return { wer_raw: errorRate(counts), raw_words: counts.size, raw_errors: counts.errors };
}

function scoreNonspeech(hypothesis: readonly string[], duration_s: number): Partial<Score> {
  return {
    nonspeech_s: duration_s,
    nonspeech_nonempty: hypothesis.length > 0 ? 1 : 0,
    hallucinated_words: hypothesis.length,
    hallucinated_words_per_minute: wordsPerMinute(hypothesis.length, duration_s),
  };
}
