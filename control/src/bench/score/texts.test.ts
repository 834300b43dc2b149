import { expect, test } from "vitest";
import { itemAt } from "../../../test/bench-items.ts";
import type { ItemFacts } from "../workloads/item.ts";
import { normalizersOf, scoreTexts } from "./texts.ts";

const item = (text: string | null, more: Partial<ItemFacts> = {}) =>
  itemAt("x.wav", { text, language: "en", duration_s: 30, ...more });
const auto = { normalizer: "auto", language: null } as const;

test("one text has the score of its utterance", () => {
  const score = scoreTexts([{ item: item("The colour is grey."), hypothesis: "the color is gray today" }], auto);
  expect(score).toMatchObject({ wer: 0.25, words: 4, errors: 1, insertions: 1, hypothesis_words: 5 });
});

test("of many texts counts are summed, and rates are those of the sums", () => {
  const score = scoreTexts(
    [
      { item: item("one two three four five six seven eight"), hypothesis: "one two three four five six seven eight" },
      { item: item("yes no"), hypothesis: "yes" },
    ],
    auto,
  );
  expect(score).toMatchObject({
    words: expect.any(Number),
    errors: 1,
    deletions: 1,
    hypothesis_words: expect.any(Number),
  });
  expect(score.wer).toBeCloseTo(1 / (score.words ?? 0), 12);
  expect(score.wer_raw).toBeCloseTo(1 / 10, 12);
});

test("what is heard where nothing is said is no part of the error rate", () => {
  const score = scoreTexts(
    [
      { item: item("one two"), hypothesis: "one two" },
      { item: item("", { expect: "empty" }), hypothesis: "thank you for watching" },
      { item: item("", { expect: "empty" }), hypothesis: "" },
    ],
    auto,
  );
  expect(score).toMatchObject({
    wer: 0,
    nonspeech_s: 60,
    hallucinated_words: 4,
    nonspeech_nonempty: 1,
    hallucinated_words_per_minute: 4,
  });
});

test("the longest run of insertions is the longest of any text", () => {
  const made = "a b c d e f g";
  const score = scoreTexts(
    [
      { item: item("one"), hypothesis: `one ${made}` },
      { item: item("one"), hypothesis: `one ${made} h i` },
    ],
    { normalizer: "raw@1", language: null },
  );
  expect(score.longest_insertion_run).toBe(9);
});

test("where no text is known nothing is measured but the words, and of no text nothing at all", () => {
  const unknown = [item(null), item(null)].map((one) => ({ item: one, hypothesis: "yes no" }));
  expect(scoreTexts(unknown, auto)).toMatchObject({ wer: null, words: null, errors: null, hypothesis_words: 4 });
  expect(scoreTexts([], auto)).toEqual({});
});

test("an item's own language chooses the normalizer, then that which was asked for", () => {
  const heard = (language: string | null, asked: string | null) =>
    scoreTexts([{ item: item("colour", { language }), hypothesis: "color" }], { normalizer: "auto", language: asked })
      .wer;
  expect([heard("en", "de"), heard("de", "en"), heard(null, "en"), heard(null, null)]).toEqual([0, 1, 0, 1]);
});

test("the normalizers are told by name and version, each once", () => {
  const items = [item("x"), item("x", { language: "de" }), item("x", { language: null })];
  expect(normalizersOf(items, auto)).toBe("hum-english@1, whisper-basic@1");
  expect(normalizersOf(items, { normalizer: "auto", language: "en" })).toBe("hum-english@1, whisper-basic@1");
  expect(normalizersOf(items, { normalizer: "raw@1", language: "en" })).toBe("raw@1");
});
