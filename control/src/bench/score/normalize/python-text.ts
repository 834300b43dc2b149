/** What Python calls a space, a word's edge and a word: the normalizers were written with its regular expressions. */

/** Of `\s` and `str.split`, for a character class: JavaScript's own lacks U+001C-1F and U+0085, and has U+FEFF. */
export const space = "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const spaces = new RegExp(`[${space}]+`, "gu");
/** Only a run's first space starts a match, or a run without an apostrophe behind it costs its square. */
const spacesBeforeApostrophe = new RegExp(`(?<![${space}])[${space}]+'`, "gu");

/** Of `\w`, which `\b` is about. */
export const wordCharacter = "[\\p{L}\\p{N}_]";
const startsWithWord = new RegExp(`^${wordCharacter}`, "u");

/** As `str.split()` without arguments: no empty words. */
export function splitWords(text: string): string[] {
  return text.split(spaces).filter((word) => word !== "");
}

export function collapseSpaces(text: string): string {
  return text.replace(spaces, " ");
}

export function joinApostrophes(text: string): string {
  return text.replace(spacesBeforeApostrophe, "'");
}

/** Replaces `wanted` where it ends at a word's edge and, with `wholeWord`, starts at one; it ends with a word character. */
export function replaceAtEdge(
  text: string,
  { wanted, by, wholeWord }: { wanted: string; by: string; wholeWord: boolean },
): string {
  let found = text.indexOf(wanted);
  if (found < 0) return text;
  let replaced = "";
  let kept = 0;
  while (found >= 0) {
    const end = found + wanted.length;
    const fits = !isWordAt(text, end) && !(wholeWord && isWordBefore(text, found));
    if (fits) {
      replaced += text.slice(kept, found) + by;
      kept = end;
    }
    found = text.indexOf(wanted, fits ? end : found + 1);
  }
  return replaced + text.slice(kept);
}

function isWordAt(text: string, index: number): boolean {
  const code = text.codePointAt(index);
  return code !== undefined && isWordCode(code);
}

function isWordBefore(text: string, index: number): boolean {
  if (index === 0) return false;
  const unit = text.charCodeAt(index - 1);
  const isLowSurrogate = unit >= 0xdc00 && unit <= 0xdfff;
  return isWordCode((isLowSurrogate ? text.codePointAt(index - 2) : undefined) ?? unit);
}

function isWordCode(code: number): boolean {
  if (code >= 0x80) return startsWithWord.test(String.fromCodePoint(code));
  return (
    (code >= 0x61 && code <= 0x7a) || (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || code === 0x5f
  );
}

/**
 * Without what stands in brackets or parentheses: `[<\[][^>\]]*[>\]]`, then `\(([^)]+?)\)`.
 * By index, for these patterns look to the end of the text for each bracket that nothing closes.
 */
export function removeBracketed(text: string): string {
  return removeSpans(removeSpans(text, { open: /[<[]/g, close: /[>\]]/g, least: 0 }), {
    open: /\(/g,
    close: /\)/g,
    least: 1,
  });
}

/** `least` is how many characters a span must hold to be removed. */
function removeSpans(text: string, { open, close, least }: { open: RegExp; close: RegExp; least: number }): string {
  let rest = "";
  let kept = 0;
  let from = 0;
  for (;;) {
    const start = indexFrom(text, open, from);
    const end = start < 0 ? -1 : indexFrom(text, close, start + 1);
    if (end < 0) return rest + text.slice(kept);
    if (end - start > least) {
      rest += text.slice(kept, start);
      kept = end + 1;
      from = kept;
    } else {
      from = start + 1;
    }
  }
}

function indexFrom(text: string, pattern: RegExp, from: number): number {
  pattern.lastIndex = from;
  return pattern.exec(text)?.index ?? -1;
}
