import { expect, test } from "vitest";
import vectors from "../../../../test/scoring/normalizers.json" with { type: "json" };
import { byVector } from "../../../../test/scoring/subjects.ts";
import { normalizerFor, normalizers } from "./normalizers.ts";

test.each(vectors)("$text is normalized as by Whisper", ({ text, normalized }) => {
  for (const [name, normalize] of Object.entries(byVector)) {
    expect(normalize(text), name).toBe(normalized[name as keyof typeof byVector]);
  }
});

test.each([
  { text: "Archaeology", whisper: "archeology</span>", hum: "archeology" },
  { text: "the ninth and the 9th", whisper: "the ninth and the 9th", hum: "the 9th and the 9th" },
  { text: "Thank you...", whisper: "thank you .", hum: "thank you" },
  { text: "% 5 $", whisper: "% 5 $", hum: "5" },
])("hum-english@1 mends what Whisper makes of $text", ({ text, whisper, hum }) => {
  expect(normalizers["whisper-english@1"](text).trim()).toBe(whisper);
  expect(normalizers["hum-english@1"](text).trim()).toBe(hum);
});

test("hum-english@1 is whisper-english@1 in everything else", () => {
  const differing = vectors.filter(({ text, normalized }) => {
    return normalizers["hum-english@1"](text).trim() !== normalized.english.trim();
  });
  expect(differing.map(({ text }) => text)).toEqual([
    ...["...", "%", "$", "ninth", "% of", "%%", "20 $", "¢¢", "archaeology"],
  ]);
});

test("raw@1 leaves everything but runs of spaces", () => {
  expect(normalizers["raw@1"]("Well,\n  it's  [OK] ½")).toBe("Well, it's [OK] ½");
});

test("English has its own normalizer, and what may be anything has the one for all", () => {
  expect(["en", "de", null].map(normalizerFor)).toEqual(["hum-english@1", "whisper-basic@1", "whisper-basic@1"]);
});

/** Long texts of each: what a pattern that looks back or ahead again and again would take minutes for. */
test.each([
  " ",
  "<",
  "(",
  "()",
  " '",
  "9",
  "1.",
  "1,",
  "a1",
  "m",
  "mm ",
  "n't",
  "and a ",
  "one ",
  "million ",
  "double oh ",
  "1 st ",
  "$1 ¢2 ",
  "%",
  "३",
  "\u0301",
])("200,000 characters of %j are normalized in no time", (piece) => {
  const text = piece.repeat(200_000 / piece.length);
  for (const normalize of Object.values(normalizers)) expect(normalize(text).length).toBeLessThan(600_000);
});
