/** The normalizers by name: what is done to a reference and to a hypothesis before their words are compared. */
import { normalizeBasic } from "./basic.ts";
import { normalizeEnglish } from "./english.ts";
import { collapseSpaces } from "./python-text.ts";

export type Normalizer = (text: string) => string;

/** A name has a version: what a normalizer does to a text never changes under it. */
export const normalizers = {
  /** Whisper's for English, three slips mended: see `normalizeEnglish`. */
  "hum-english@1": (text) => normalizeEnglish(text, { mended: true }),
  /** As `EnglishTextNormalizer` of whisper-normalizer 0.1.15. */
  "whisper-english@1": (text) => normalizeEnglish(text, { mended: false }),
  /** As its `BasicTextNormalizer()`; it takes the vowels from scripts that write them with marks, such as Devanagari. */
  "whisper-basic@1": (text) => normalizeBasic(text),
  "whisper-basic-plain@1": (text) => normalizeBasic(text, { diacritics: "remove" }),
  "whisper-basic-letters@1": (text) => normalizeBasic(text, { letters: "split" }),
  "whisper-basic-marks@1": (text) => normalizeBasic(text, { marks: "keep" }),
  "raw@1": (text) => collapseSpaces(text),
} as const satisfies Record<string, Normalizer>;

export type NormalizerName = keyof typeof normalizers;

export const normalizerNames = Object.keys(normalizers) as [NormalizerName, ...NormalizerName[]];

/** For a definition that names none; `language` is an ISO 639-1 code, null where nobody knows. */
export function normalizerFor(language: string | null): NormalizerName {
  return language === "en" ? "hum-english@1" : "whisper-basic@1";
}
