import { expect, test } from "vitest";
import { makeRun, makeTrial } from "../../../test/bench-records.ts";
import type { TrialRecord } from "../results/record.ts";
import { findMistakes } from "./mistakes.ts";

const [silence] = makeRun().items;
if (silence === undefined) throw new Error("the example has an item");
const item = {
  ...silence,
  key: "speech/1",
  text: "Ship didn't leave the old harbour.",
  expect: "speech" as const,
  language: "en",
};
const items = new Map([silence, item].map((one) => [one.key, one]));

function heard(text: string, over: Partial<TrialRecord> = {}): TrialRecord {
  const output = { text, language: "en", segments: null };
  return makeTrial({ workload: { item: item.key, requests: 1, audio_s: 5 }, output, ...over });
}

const options = { configs: ["1e10000000000000", "2e20000000000000"], items, budget: 10_000 };

test("words are aligned as the trial was scored, and equal texts of several run configs are one", () => {
  const text = "Now, ship did not go the harbor";
  const found = findMistakes([heard(text), heard(text), heard(text, { config_key: "2e20000000000000" })], options);
  expect(found).toMatchObject({ found: 1, texts: 1 });
  expect(found.shown).toEqual([
    {
      configs: [0, 1],
      item: "speech/1",
      trials: 3,
      words: 7,
      substitutions: 1,
      deletions: 1,
      insertions: 1,
      pieces: [["", "now"], ["ship did not"], ["leave", "go"], ["the"], ["old", ""], ["harbor"]],
    },
  ]);
});

test("what is said where nothing is said is inserted; warm-up and failed trials are left out", () => {
  const nothing = { workload: { item: silence.key, requests: 1, audio_s: 5 } };
  const found = findMistakes(
    [heard("thank you", nothing), heard("x", { warmup: true }), heard("", { output: null }), heard(item.text)],
    options,
  );
  expect(found.texts).toBe(2);
  expect(found.shown.map(({ pieces }) => pieces)).toEqual([[["", "thank you"]]]);
});

test("the worst are shown first, and only as many as there is room for", () => {
  const trials = Array.from({ length: 50 }, (_, index) => heard(`the ship ${"very ".repeat(index)}`));
  const found = findMistakes(trials, { ...options, budget: 3000 });
  expect(found.found).toBe(50);
  expect(found.shown.length).toBeLessThan(20);
  expect(found.shown[0]?.insertions).toBeGreaterThan(40);
});
