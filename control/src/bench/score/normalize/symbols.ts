/** Symbols, punctuation and marks: a space in their place, or nothing where a mark only changes a letter. */

/** Letters that Unicode's decomposition leaves whole. */
const plainLetters: ReadonlyMap<string, string> = new Map([
  ["œ", "oe"],
  ["Œ", "OE"],
  ["ø", "o"],
  ["Ø", "O"],
  ["æ", "ae"],
  ["Æ", "AE"],
  ["ß", "ss"],
  ["ẞ", "SS"],
  ["đ", "d"],
  ["Đ", "D"],
  ["ð", "d"],
  ["Ð", "D"],
  ["þ", "th"],
  ["Þ", "th"],
  ["ł", "l"],
  ["Ł", "L"],
]);

const symbolsAndLetters = new RegExp(`[\\p{M}\\p{S}\\p{P}${[...plainLetters.keys()].join("")}]`, "gu");
const symbolsAndMarks = /[\p{M}\p{S}\p{P}]/gu;
const symbolsOnly = /[\p{S}\p{P}]/gu;
const nonspacingMark = /^\p{Mn}/u;

/** Each symbol but those in `keep` becomes a space; diacritics go, and their letters become plain ones. */
export function removeSymbolsAndDiacritics(text: string, keep = ""): string {
  return text.normalize("NFKD").replace(symbolsAndLetters, (character) => {
    if (keep.includes(character)) return character;
    return plainLetters.get(character) ?? (nonspacingMark.test(character) ? "" : " ");
  });
}

/** Each symbol becomes a space, and so does each mark, unless marks are kept: many scripts write vowels with them. */
export function removeSymbols(text: string, { keepMarks }: { keepMarks: boolean }): string {
  return text.normalize("NFKC").replace(keepMarks ? symbolsOnly : symbolsAndMarks, " ");
}
