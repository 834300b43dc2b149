/** Ours by the names that sidecar/tests/scoring.py gives to what Python does. */
import { alignWords, type Edit } from "../../src/bench/score/align.ts";
import { normalizers } from "../../src/bench/score/normalize/normalizers.ts";
import { normalizeNumbers } from "../../src/bench/score/normalize/numbers.ts";

export const byVector = {
  english: normalizers["whisper-english@1"],
  numbers: normalizeNumbers,
  basic: normalizers["whisper-basic@1"],
  "basic, no diacritics": normalizers["whisper-basic-plain@1"],
  "basic, split letters": normalizers["whisper-basic-letters@1"],
  "basic, marks kept": normalizers["whisper-basic-marks@1"],
};

const letters: Record<Edit["kind"], string> = { equal: "e", substitute: "s", delete: "d", insert: "i" };

/** A letter for each step, as in the vectors. */
export function lettersOf(edits: readonly Edit[]): string {
  return edits.map(({ kind, length }) => letters[kind].repeat(length)).join("");
}

/** Both without a space too many. */
export function alignTexts(reference: string, hypothesis: string) {
  return alignWords(wordsOf(reference), wordsOf(hypothesis));
}

export function wordsOf(text: string): string[] {
  return text === "" ? [] : text.split(" ");
}
