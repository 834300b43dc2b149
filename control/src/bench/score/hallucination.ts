/** Signs of words that nobody said: text where there is no speech, loops, and long insertions into what was said. */
import type { Edit } from "./align.ts";

const loopWords = 5;
/** A run of fewer inserted words is an ordinary error. */
const fewestInRun = 5;

export interface Loops {
  /** Of five words in a row. */
  fiveGrams: number;
  /** How many of them were there before, and oftener than the reference has them: a refrain is no loop. */
  repeated: number;
}

/** `reference` is empty where nobody knows it. */
export function countLoops(hypothesis: readonly string[], reference: readonly string[]): Loops {
  const heard = countFiveGrams(hypothesis);
  const said = countFiveGrams(reference);
  let repeated = 0;
  for (const [fiveGram, count] of heard) repeated += Math.max(0, count - Math.max(1, said.get(fiveGram) ?? 0));
  return { fiveGrams: Math.max(0, hypothesis.length - loopWords + 1), repeated };
}

function countFiveGrams(words: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (let end = loopWords; end <= words.length; end += 1) {
    const fiveGram = words.slice(end - loopWords, end).join(" ");
    counts.set(fiveGram, (counts.get(fiveGram) ?? 0) + 1);
  }
  return counts;
}

export interface InsertionRuns {
  /** Words. */
  longest: number;
  /** Words inserted five or more in a row. */
  words: number;
}

export function insertionRuns(edits: readonly Edit[]): InsertionRuns {
  const lengths = edits.filter(({ kind }) => kind === "insert").map(({ length }) => length);
  return {
    longest: lengths.reduce((longest, length) => Math.max(longest, length), 0),
    words: lengths.filter((length) => length >= fewestInRun).reduce((sum, length) => sum + length, 0),
  };
}

/** Null where there is no time to be per. */
export function wordsPerMinute(words: number, duration_s: number): number | null {
  return duration_s > 0 ? words / (duration_s / 60) : null;
}
