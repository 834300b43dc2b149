import { expect, test } from "vitest";
import vectors from "../../../test/scoring/alignments.json" with { type: "json" };
import { alignTexts, lettersOf } from "../../../test/scoring/subjects.ts";
import { alignCharacters, alignWords, characterDistance } from "./align.ts";

test.each(vectors)("$reference / $hypothesis has the errors that jiwer counts", ({ reference, hypothesis, jiwer }) => {
  const { substitutions, deletions, insertions } = alignTexts(reference, hypothesis);
  expect(substitutions + deletions + insertions).toBe(jiwer.substitutions + jiwer.deletions + jiwer.insertions);
});

test.each(vectors)("$reference / $hypothesis is aligned in our order", ({ reference, hypothesis, edits }) => {
  expect(lettersOf(alignTexts(reference, hypothesis).edits)).toBe(edits);
});

test("an alignment tells where each run begins in both texts", () => {
  const alignment = alignTexts("the cat sat on the mat", "so the cat sad on a mat and");
  expect(alignment).toEqual({
    hits: 4,
    substitutions: 2,
    deletions: 0,
    insertions: 2,
    edits: [
      { kind: "insert", reference: 0, hypothesis: 0, length: 1 },
      { kind: "equal", reference: 0, hypothesis: 1, length: 2 },
      { kind: "substitute", reference: 2, hypothesis: 3, length: 1 },
      { kind: "equal", reference: 3, hypothesis: 4, length: 1 },
      { kind: "substitute", reference: 4, hypothesis: 5, length: 1 },
      { kind: "equal", reference: 5, hypothesis: 6, length: 1 },
      { kind: "insert", reference: 6, hypothesis: 7, length: 1 },
    ],
  });
});

test("a text that is empty on one side is all deleted or all inserted", () => {
  expect(alignWords(["a", "b"], [])).toMatchObject({ hits: 0, deletions: 2, insertions: 0 });
  expect(alignWords([], ["a", "b"])).toMatchObject({ hits: 0, deletions: 0, insertions: 2 });
  expect(alignWords([], [])).toEqual({ hits: 0, substitutions: 0, deletions: 0, insertions: 0, edits: [] });
  expect([characterDistance("", "ab"), characterDistance("ab", ""), characterDistance("", "")]).toEqual([2, 2, 0]);
});

test("characters are code points: an emoji is one", () => {
  expect(alignCharacters("ok 👍🏽", "ok 👍")).toMatchObject({ hits: 4, deletions: 1 });
  expect(characterDistance("ok 👍🏽", "ok 👍")).toBe(1);
});

/** So many words, out of 3,000, the same each time. */
function text(words: number, seed: number): string[] {
  let state = seed;
  return Array.from({ length: words }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return `word${(state >> 8) % 3000}`;
  });
}

test("transcripts of ten thousand words with nothing in common are aligned in two seconds", () => {
  const started = performance.now();
  const { hits, substitutions, deletions, insertions } = alignWords(text(10_000, 1), text(10_000, 2));
  expect(hits + substitutions + deletions).toBe(10_000);
  expect(hits + substitutions + insertions).toBe(10_000);
  expect(performance.now() - started).toBeLessThan(2000);
});

test("a loop of a hundred thousand words beside a long transcript is no trouble", () => {
  const loop = Array.from({ length: 100_000 }, (_, index) => (index % 2 === 0 ? "thank" : "you"));
  expect(alignWords(text(10_000, 1), loop)).toMatchObject({ substitutions: 10_000, insertions: 90_000 });
});

test("the distance of characters is not told where it would take minutes", () => {
  const long = "a".repeat(500_000);
  expect(characterDistance(long, "b".repeat(100_000))).toBeUndefined();
  expect(characterDistance(long, `${long.slice(0, -9)}b`)).toBe(9);
});
