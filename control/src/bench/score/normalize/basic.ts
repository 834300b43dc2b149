/** Whisper's normalizer for any language (appendix C of "Robust Speech Recognition via Large-Scale Weak Supervision"). */
import { collapseSpaces, removeBracketed } from "./python-text.ts";
import { removeSymbols, removeSymbolsAndDiacritics } from "./symbols.ts";

export interface BasicOptions {
  /** `remove`: "é" becomes "e". */
  diacritics?: "keep" | "remove";
  /** `split`: each grapheme is a word, for scripts that put no spaces between words. */
  letters?: "join" | "split";
  /** `keep`: combining marks that belong to no composed letter stay, which many scripts write their vowels with. */
  marks?: "keep" | "remove";
}

const graphemes = new Intl.Segmenter("und", { granularity: "grapheme" });

/** The text may begin or end with a space, as Python's has it. */
export function normalizeBasic(
  text: string,
  { diacritics = "keep", letters = "join", marks = "remove" }: BasicOptions = {},
): string {
  const spoken = removeBracketed(text.toLowerCase());
  const clean =
    diacritics === "remove"
      ? removeSymbolsAndDiacritics(spoken)
      : removeSymbols(spoken, { keepMarks: marks === "keep" });
  const lower = clean.toLowerCase();
  return collapseSpaces(letters === "split" ? splitGraphemes(lower) : lower);
}

function splitGraphemes(text: string): string {
  return Array.from(graphemes.segment(text), ({ segment }) => segment).join(" ");
}
