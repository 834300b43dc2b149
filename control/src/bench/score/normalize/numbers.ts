/**
 * Spelled-out English numbers as digits, with their signs, currencies, percents and endings: "twenty one dollars" is $21.
 * The rules are those of Whisper's EnglishNumberNormalizer, oddities included: "one oh one" is 101, and a lone 1 "one".
 */
import { type NumberWord, numberWords } from "./number-words.ts";
import { space, splitWords, wordCharacter } from "./python-text.ts";

const digits = /^\p{Nd}+(?:\.\p{Nd}+)?$/u;
const startsWithSymbol = /^[-+£€$¢]/;
const edge = `(?!${wordCharacter})`;
const andAHalf = new RegExp(`(?<!${wordCharacter})and[${space}]+a[${space}]+half${edge}`, "gu");
const spaceBeforeSuffix = new RegExp(`([0-9])[${space}]+(st|nd|rd|th|s)${edge}`, "gu");
const dollarsAndCents = new RegExp(`([€£$])([0-9]+) (?:and )?¢([0-9]{1,2})${edge}`, "gu");
/** The dot is any character: Whisper's own slip. */
const onlyCents = new RegExp(`[€£$]0.([0-9]{1,2})${edge}`, "gu");
const lonelyOne = new RegExp(`(?<!${wordCharacter})1(s?)${edge}`, "gu");

export function normalizeNumbers(text: string): string {
  return readNumbers(splitWords(separate(text)))
    .join(" ")
    .replace(dollarsAndCents, (_, currency: string, whole: string, cents: string) => {
      return `${currency}${whole}.${cents.padStart(2, "0")}`;
    })
    .replace(onlyCents, (_, cents: string) => `¢${Number(cents)}`)
    .replace(lonelyOne, "one$1");
}

/** "two and a half" as "two point five", and a space between a letter and a digit but not before a suffix. */
function separate(text: string): string {
  const segments = text.split(andAHalf);
  const last = segments.pop() ?? "";
  const parts = segments
    .filter((segment) => !isBlank(segment))
    .flatMap((segment) => [segment, endsInNumber(segment) ? "point five" : "and a half"]);
  return (isBlank(last) ? parts : [...parts, last])
    .join(" ")
    .replace(/([a-z])([0-9])/g, "$1 $2")
    .replace(/([0-9])([a-z])/g, "$1 $2")
    .replace(spaceBeforeSuffix, "$1$2");
}

function isBlank(text: string): boolean {
  return splitWords(text).length === 0;
}

function endsInNumber(text: string): boolean {
  const word = numberWords.get(splitWords(text).at(-1) ?? "");
  if (word === undefined) return false;
  return word.kind === "zero" || (isMagnitude(word) && word.suffix === "");
}

function isMagnitude(word: NumberWord): word is Extract<NumberWord, { suffix: string }> {
  return word.kind === "number" || word.kind === "ten" || word.kind === "multiplier";
}

/** What has been read of a number: an integer that may still grow, or digits that more are put behind. */
type Value = bigint | string;

interface Reading {
  value: Value | undefined;
  /** A sign or a currency, for what comes out next. */
  prefix: string;
  out: string[];
}

/** A word with its neighbours; `next` also tells what may follow it. */
interface Place {
  word: string;
  previous: NumberWord | undefined;
  next: string | undefined;
}

function readNumbers(words: readonly string[]): string[] {
  const reading: Reading = { value: undefined, prefix: "", out: [] };
  let index = 0;
  while (index < words.length) {
    const word = words[index] ?? "";
    const place = { word, previous: numberWords.get(words[index - 1] ?? ""), next: words[index + 1] };
    index += readWord(reading, place);
  }
  flush(reading);
  return reading.out;
}

/** How many words it took. */
function readWord(reading: Reading, place: Place): number {
  const hasSymbol = startsWithSymbol.test(place.word);
  const bare = hasSymbol ? place.word.slice(1) : place.word;
  if (digits.test(bare)) {
    readDigits(reading, { word: place.word, bare, symbol: hasSymbol ? place.word.slice(0, 1) : undefined });
    return 1;
  }
  const known = numberWords.get(place.word);
  if (known === undefined) {
    emitAfter(reading, place.word);
    return 1;
  }
  return readKnown(reading, { ...place, known });
}

function readDigits(
  reading: Reading,
  { word, bare, symbol }: { word: string; bare: string; symbol: string | undefined },
) {
  if (typeof reading.value === "string" && reading.value.endsWith(".")) {
    reading.value += word;
    return;
  }
  flush(reading);
  reading.prefix = symbol ?? reading.prefix;
  reading.value = integerTimes(bare, 1n) ?? bare;
}

function readKnown(reading: Reading, place: Place & { known: NumberWord }): number {
  const { word, known, next } = place;
  switch (known.kind) {
    case "zero":
      reading.value = `${digitsOf(reading.value)}0`;
      return 1;
    case "number":
      settle(reading, joinNumber(reading.value, { added: known.value, previous: place.previous }), known.suffix);
      return 1;
    case "ten":
      settle(reading, joinTen(reading.value, known.value), known.suffix);
      return 1;
    case "multiplier":
      readMultiplier(reading, known);
      return 1;
    case "sign":
      flush(reading);
      if (mayBeNumber(next)) reading.prefix = known.symbol;
      else emit(reading, word);
      return 1;
    case "currency":
      if (reading.value === undefined) {
        emit(reading, word);
      } else {
        // In place of any sign.
        reading.prefix = known.symbol;
        flush(reading);
      }
      return 1;
    case "percent":
      emit(reading, reading.value === undefined ? word : `${reading.value}%`);
      return 1;
    case "per":
      if (reading.value === undefined || next !== "cent") {
        emitAfter(reading, word);
        return 1;
      }
      emit(reading, `${reading.value}%`);
      return 2;
    default:
      return readSpecial(reading, { ...place, known });
  }
}

/** The words that mean a number only before one. */
function readSpecial(
  reading: Reading,
  { word, known, previous, next }: Place & { known: Extract<NumberWord, { kind: "and" | "point" | "repeat" }> },
): number {
  const following = next === undefined ? undefined : numberWords.get(next);
  if (!mayBeNumber(next)) {
    emitAfter(reading, word);
    return 1;
  }
  switch (known.kind) {
    case "and":
      // "one hundred and one" is one number.
      if (previous?.kind !== "multiplier" || previous.suffix !== "") emitAfter(reading, word);
      return 1;
    case "repeat": {
      const isDigit = following?.kind === "zero" || (following?.kind === "number" && following.suffix === "");
      if (!isDigit) {
        emitAfter(reading, word);
        return 1;
      }
      const repeated = following.kind === "zero" ? "0" : `${following.value}`;
      reading.value = digitsOf(reading.value) + repeated.repeat(known.times);
      return 2;
    }
    case "point": {
      const isDecimal =
        following === undefined ||
        following.kind === "zero" ||
        ((following.kind === "number" || following.kind === "ten") && following.suffix === "");
      if (isDecimal) reading.value = `${digitsOf(reading.value)}.`;
      return 1;
    }
  }
}

function mayBeNumber(word: string | undefined): boolean {
  return word !== undefined && (numberWords.has(word) || digits.test(word));
}

function joinNumber(
  value: Value | undefined,
  { added, previous }: { added: bigint; previous: NumberWord | undefined },
): Value {
  if (value === undefined) return added;
  const afterNumber = previous?.kind === "number" && previous.suffix === "";
  if (typeof value === "string" || afterNumber) {
    const fillsTen = previous?.kind === "ten" && previous.suffix === "" && added < 10n;
    return `${fillsTen ? `${value}`.slice(0, -1) : value}${added}`;
  }
  const room = added < 10n ? 10n : 100n;
  return value % room === 0n ? value + added : `${value}${added}`;
}

function joinTen(value: Value | undefined, added: bigint): Value {
  if (value === undefined) return added;
  return typeof value === "bigint" && value % 100n === 0n ? value + added : `${value}${added}`;
}

/** A number that has a suffix is at its end. */
function settle(reading: Reading, value: Value, suffix: string): void {
  if (suffix === "") reading.value = value;
  else emit(reading, `${value}${suffix}`);
}

function readMultiplier(reading: Reading, { value: multiplier, suffix }: { value: bigint; suffix: string }): void {
  const { value } = reading;
  if (typeof value === "bigint") {
    const residual = value % 1000n;
    settle(reading, value - residual + residual * multiplier, suffix);
  } else {
    const product = value === undefined ? undefined : integerTimes(value, multiplier);
    if (product === undefined) flush(reading);
    settle(reading, product ?? multiplier, suffix);
  }
}

/** The digits so far, to put more behind: none for the number 0, which Python takes for no number. */
function digitsOf(value: Value | undefined): string {
  return value === undefined || value === 0n ? "" : `${value}`;
}

function emitAfter(reading: Reading, word: string): void {
  flush(reading);
  emit(reading, word);
}

function flush(reading: Reading): void {
  if (reading.value !== undefined) emit(reading, `${reading.value}`);
}

function emit(reading: Reading, text: string): void {
  reading.out.push(reading.prefix + text);
  clear(reading);
}

function clear(reading: Reading): void {
  reading.value = undefined;
  reading.prefix = "";
}

/** Python refuses to read an integer that is longer, and so does this: the text may come from outside. */
const mostDigits = 4300;

/** The decimal number in `text` times `factor` where that is a whole number; undefined also where it is no number. */
function integerTimes(text: string, factor: bigint): bigint | undefined {
  const parts = /^(?=\.?\p{Nd})(\p{Nd}*)(?:\.(\p{Nd}*))?$/u.exec(text);
  if (parts === null) return undefined;
  const [, whole = "", decimals = ""] = parts;
  if (whole.length > mostDigits || decimals.length > mostDigits) return undefined;
  const product = BigInt(asciiDigits(whole + decimals)) * factor;
  const scale = 10n ** BigInt(decimals.length);
  return product % scale === 0n ? product / scale : undefined;
}

/** Digits of any script: Unicode keeps each script's ten side by side, 0 first, and runs of them begin with a 0. */
function asciiDigits(text: string): string {
  return text.replace(/[^0-9]/gu, (character) => {
    let value = 0;
    let code = character.codePointAt(0) ?? 0;
    while (/^\p{Nd}/u.test(String.fromCodePoint(code - 1))) {
      code -= 1;
      value += 1;
    }
    return `${value % 10}`;
  });
}
