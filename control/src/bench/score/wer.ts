/** Word and character error rates: errors over what was said, and over a whole workload the sum over the sum. */
import { alignWords, characterDistance } from "./align.ts";

/** Errors may be more than `size`: what is added counts too. */
export interface ErrorCounts {
  errors: number;
  /** Words or characters of the reference. */
  size: number;
}

/** As a fraction, 0.1 for 10 %; null where nothing was said. */
export function errorRate({ errors, size }: ErrorCounts): number | null {
  return size === 0 ? null : errors / size;
}

/** Pooled: a long utterance counts for as much more as it has words. */
export function sumCounts(counts: Iterable<ErrorCounts>): ErrorCounts {
  const sum = { errors: 0, size: 0 };
  for (const { errors, size } of counts) {
    sum.errors += errors;
    sum.size += size;
  }
  return sum;
}

export function wordCounts(reference: readonly string[], hypothesis: readonly string[]): ErrorCounts {
  const { substitutions, deletions, insertions } = alignWords(reference, hypothesis);
  return { errors: substitutions + deletions + insertions, size: reference.length };
}

/** The space between two words is a character. Null where the texts are too long and too different to tell soon. */
export function characterCounts(reference: readonly string[], hypothesis: readonly string[]): ErrorCounts | null {
  const said = reference.join(" ");
  const errors = characterDistance(said, hypothesis.join(" "));
  return errors === undefined ? null : { errors, size: countCodePoints(said) };
}

function countCodePoints(text: string): number {
  return Iterator.from(text).reduce((count) => count + 1, 0);
}
