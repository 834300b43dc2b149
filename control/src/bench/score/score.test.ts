import { expect, test } from "vitest";
import { clusteredCounts } from "./clusters.ts";
import { pool } from "./pool.ts";
import { scoreUtterance, type Utterance } from "./score.ts";

function score(utterance: Partial<Utterance>) {
  const whole = { reference: "", expect: "speech", hypothesis: "", duration_s: 10, ...utterance } as const;
  return scoreUtterance(whole, { normalizer: "hum-english@1" });
}

test("words are compared as the normalizer leaves them, and raw as they came", () => {
  expect(score({ reference: "Twenty-one colours, please.", hypothesis: "21 colors pleas" })).toMatchObject({
    wer: 1 / 3,
    cer: 1 / 16,
    wer_raw: 1,
    words: 3,
    errors: 1,
    hits: 2,
    substitutions: 1,
    deletions: 0,
    insertions: 0,
    characters: 16,
    character_errors: 1,
    raw_words: 3,
    raw_errors: 3,
    hypothesis_words: 3,
    nonspeech_s: null,
    hallucinated_words: null,
  });
});

test("a word error rate can be more than one", () => {
  expect(score({ reference: "yes", hypothesis: "no no no" })).toMatchObject({ wer: 3, errors: 3, insertions: 2 });
});

test.each([
  { utterance: { reference: "", hypothesis: "Thank you." } as const, why: "an empty reference" },
  { utterance: { expect: "empty", reference: null, hypothesis: "Thank you." } as const, why: "no speech expected" },
  { utterance: { reference: "[music]", hypothesis: "Thank you." } as const, why: "nothing left by the normalizer" },
])("with $why all words are hallucinated and none are errors", ({ utterance }) => {
  expect(score(utterance)).toMatchObject({
    wer: null,
    cer: null,
    words: null,
    errors: null,
    insertions: null,
    nonspeech_s: 10,
    nonspeech_nonempty: 1,
    hallucinated_words: 2,
    hallucinated_words_per_minute: 12,
  });
});

test("what only names a sound is no hallucination", () => {
  expect(score({ expect: "empty", reference: null, hypothesis: " [BLANK_AUDIO] (music) ... " })).toMatchObject({
    nonspeech_nonempty: 0,
    hallucinated_words: 0,
    hallucinated_words_per_minute: 0,
  });
});

test("without a reference only the hypothesis is measured", () => {
  const known = Object.entries(score({ reference: null, hypothesis: "la la la la la la la" })).filter(
    ([, value]) => value !== null,
  );
  expect(Object.fromEntries(known)).toEqual({ hypothesis_words: 7, repeated_5grams: 2, repeated_5grams_share: 2 / 3 });
});

test("a refrain that the reference has is no loop, and a third time is", () => {
  const refrain = "we all live in a yellow submarine ";
  const repeated = (times: number) =>
    score({ reference: refrain.repeat(2), hypothesis: refrain.repeat(times) }).repeated_5grams;
  expect([repeated(1), repeated(2), repeated(3)]).toEqual([0, 0, 7]);
});

test("words inserted in a row are told apart from single ones", () => {
  const said = "a b c d e f g h";
  const heard = `a x b c ${"y ".repeat(6)}d e f g h`;
  expect(score({ reference: said, hypothesis: heard })).toMatchObject({
    insertions: 7,
    longest_insertion_run: 6,
    words_in_insertion_runs: 6,
  });
});

test("pooled rates are sums over sums, and what has no speech is in none of the error rates", () => {
  const pooled = pool([
    score({ reference: "one word wrong here", hypothesis: "one word right here" }),
    score({ reference: "yes", hypothesis: "no" }),
    score({ expect: "empty", reference: null, hypothesis: "thank you for watching", duration_s: 30 }),
    score({ expect: "empty", reference: null, hypothesis: "", duration_s: 30 }),
    score({ reference: null, hypothesis: "who knows" }),
  ]);
  expect(pooled).toMatchObject({
    utterances: 2,
    wer: 2 / 5,
    words: 5,
    errors: 2,
    substitutions: 2,
    insertions: 0,
    hypothesis_words: 11,
    nonspeech_items: 2,
    nonspeech_s: 60,
    hallucinated_words: 4,
    hallucinated_words_per_minute: 4,
    nonspeech_nonempty_rate: 0.5,
  });
});

test("nothing pooled has no rates", () => {
  expect(pool([])).toMatchObject({ utterances: 0, wer: null, cer: null, hallucinated_words_per_minute: null });
});

test("counts for resampling have a cluster each, and leave out what has no words", () => {
  const scored = [
    { key: "set/1", cluster: "ann", score: score({ reference: "a b", hypothesis: "a c" }) },
    { key: "set/2", cluster: null, score: score({ reference: "a b c", hypothesis: "a b c" }) },
    { key: "set/3", cluster: "ann", score: score({ reference: "", hypothesis: "x" }) },
  ];
  expect(clusteredCounts(scored)).toEqual([
    { cluster: "ann", errors: 1, words: 2 },
    { cluster: "set/2", errors: 0, words: 3 },
  ]);
});
