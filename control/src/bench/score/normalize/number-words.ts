/** The English words that numbers are said with, and what each does to the number before it. */

/** `number`, `ten` and `multiplier` with a suffix end the number: "twenty first" is 21st, "two hundreds" 200s. */
export type NumberWord =
  | { kind: "zero" }
  | { kind: "number"; value: bigint; suffix: string }
  | { kind: "ten"; value: bigint; suffix: string }
  | { kind: "multiplier"; value: bigint; suffix: string }
  /** Before a number: minus. */
  | { kind: "sign"; symbol: string }
  /** After a number: dollars. */
  | { kind: "currency"; symbol: string }
  | { kind: "percent" }
  /** The first half of "per cent". */
  | { kind: "per" }
  | { kind: "and" }
  | { kind: "point" }
  | { kind: "repeat"; times: number };

const numbers = [
  ...["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen"],
  ...["fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"],
];
const withIrregularOrdinal = new Set(["one", "two", "three", "five", "twelve"]);
const irregularOrdinals = [
  ["zeroth", 0n, "th"],
  ["first", 1n, "st"],
  ["second", 2n, "nd"],
  ["third", 3n, "rd"],
  ["fifth", 5n, "th"],
  ["twelfth", 12n, "th"],
] as const;
const tens = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const multipliers = [
  ["hundred", 10n ** 2n],
  ["thousand", 10n ** 3n],
  ["million", 10n ** 6n],
  ["billion", 10n ** 9n],
  ["trillion", 10n ** 12n],
  ["quadrillion", 10n ** 15n],
  ["quintillion", 10n ** 18n],
  ["sextillion", 10n ** 21n],
  ["septillion", 10n ** 24n],
  ["octillion", 10n ** 27n],
  ["nonillion", 10n ** 30n],
  ["decillion", 10n ** 33n],
] as const;

function* listed(): Generator<readonly [string, NumberWord]> {
  for (const word of ["o", "oh", "zero"]) yield [word, { kind: "zero" }];
  for (const [index, word] of numbers.entries()) {
    const value = BigInt(index + 1);
    yield [word, { kind: "number", value, suffix: "" }];
    yield [word === "six" ? "sixes" : `${word}s`, { kind: "number", value, suffix: "s" }];
    // "nineth" is among them, and "ninth" is not: Whisper's own slip.
    const ordinal = `${word}${word.endsWith("t") ? "h" : "th"}`;
    if (!withIrregularOrdinal.has(word)) yield [ordinal, { kind: "number", value, suffix: "th" }];
  }
  for (const [word, value, suffix] of irregularOrdinals) yield [word, { kind: "number", value, suffix }];
  for (const [index, word] of tens.entries()) {
    const value = BigInt((index + 2) * 10);
    yield [word, { kind: "ten", value, suffix: "" }];
    yield [word.replace("y", "ies"), { kind: "ten", value, suffix: "s" }];
    yield [word.replace("y", "ieth"), { kind: "ten", value, suffix: "th" }];
  }
  for (const [word, value] of multipliers) {
    yield [word, { kind: "multiplier", value, suffix: "" }];
    yield [`${word}s`, { kind: "multiplier", value, suffix: "s" }];
    yield [`${word}th`, { kind: "multiplier", value, suffix: "th" }];
  }
  for (const word of ["minus", "negative"]) yield [word, { kind: "sign", symbol: "-" }];
  for (const word of ["plus", "positive"]) yield [word, { kind: "sign", symbol: "+" }];
  for (const word of ["pound", "pounds"]) yield [word, { kind: "currency", symbol: "£" }];
  for (const word of ["euro", "euros"]) yield [word, { kind: "currency", symbol: "€" }];
  for (const word of ["dollar", "dollars"]) yield [word, { kind: "currency", symbol: "$" }];
  for (const word of ["cent", "cents"]) yield [word, { kind: "currency", symbol: "¢" }];
  yield ["percent", { kind: "percent" }];
  yield ["per", { kind: "per" }];
  yield ["and", { kind: "and" }];
  yield ["point", { kind: "point" }];
  yield ["double", { kind: "repeat", times: 2 }];
  yield ["triple", { kind: "repeat", times: 3 }];
}

export const numberWords: ReadonlyMap<string, NumberWord> = new Map(listed());
