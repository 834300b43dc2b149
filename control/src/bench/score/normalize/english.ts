/**
 * Whisper's normalizer for English (appendix C of "Robust Speech Recognition via Large-Scale Weak Supervision"), after
 * OpenAI's Python: MIT, configs/licences/openai-whisper.txt.
 */
import { fillers, wholeWords, wordEnds } from "./contractions.ts";
import { normalizeNumbers } from "./numbers.ts";
import { collapseSpaces, joinApostrophes, removeBracketed, replaceAtEdge, splitWords } from "./python-text.ts";
import { mendedSpellings, whisperSpellings } from "./spelling.ts";
import { removeSymbolsAndDiacritics } from "./symbols.ts";

/**
 * `mended` undoes three slips of the original, which otherwise count as errors of what was heard: "archaeology" gets a
 * piece of HTML, "ninth" does not become 9th, and a symbol at an end of the text stays as a word: the last dot of "...".
 * The text may begin or end with a space, as Python's has it.
 */
export function normalizeEnglish(text: string, { mended }: { mended: boolean }): string {
  const plain = writeOut(removeBracketed(text.toLowerCase()))
    .replace(/(\p{Nd}),(\p{Nd})/gu, "$1$2")
    .replace(/\.([^0-9]|$)/gu, " $1");
  const words = removeSymbolsAndDiacritics(plain, ".%$¢€£");
  // "nineth" is how the original spells it.
  const said = mended ? replaceAtEdge(words, { wanted: "ninth", by: "nineth", wholeWord: true }) : words;
  const spellings = mended ? mendedSpellings : whisperSpellings;
  const spelled = splitWords(normalizeNumbers(said)).map((word) => spellings.get(word) ?? word);
  return collapseSpaces(removeLooseSymbols(spelled.join(" "), { atEnds: mended }));
}

/** What stayed of the symbols that belong to numbers, where there is no number. */
function removeLooseSymbols(text: string, { atEnds }: { atEnds: boolean }): string {
  if (atEnds) return text.replace(/[.$¢€£](?![0-9])|(?<![0-9])%/gu, " ");
  return text.replace(/[.$¢€£]([^0-9])/gu, " $1").replace(/([^0-9])%/gu, "$1 ");
}

function writeOut(text: string): string {
  let written = removeFillers(text);
  written = joinApostrophes(written);
  for (const [wanted, by] of wholeWords) written = replaceAtEdge(written, { wanted, by, wholeWord: true });
  for (const [wanted, by] of wordEnds) written = replaceAtEdge(written, { wanted, by, wholeWord: false });
  return written;
}

/** One after another is as good as all at once: a filler that goes leaves no new one, for a word is not joined by it. */
function removeFillers(text: string): string {
  return fillers.reduce((rest, wanted) => replaceAtEdge(rest, { wanted, by: "", wholeWord: true }), text);
}
