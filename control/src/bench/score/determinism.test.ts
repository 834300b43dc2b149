import { expect, test } from "vitest";
import { auditDeterminism, timedTranscriptHash, transcriptHash } from "./determinism.ts";

test("a transcript's hash is of its words: not of spaces, nor of how an accent is written", () => {
  const hash = transcriptHash("Un café.");
  expect(hash).toBe("2b9285b2c47895bf0a805a92e27535778efe184193bab0911ea2674a55aaaf53");
  expect(transcriptHash(" Un  cafe\u0301.\n")).toBe(hash);
  expect(transcriptHash("un café.")).not.toBe(hash);
});

test("a timed hash is of each segment with its milliseconds", () => {
  const hash = timedTranscriptHash([{ start: 0, end: 1.5, text: " Hello." }]);
  expect(timedTranscriptHash([{ start: 0.0001, end: 1.4999, text: "Hello." }])).toBe(hash);
  expect(timedTranscriptHash([{ start: 0, end: 1.52, text: "Hello." }])).not.toBe(hash);
});

const at = (end: number, text: string) => [{ start: 0, end, text }];

test("the audit tells how many transcripts there were of the same, and where the first two part", () => {
  const audits = auditDeterminism([
    { group: "base/clip", trial: "t1", text: "the cat sat on the mat", segments: at(2, "the cat sat on the mat") },
    { group: "tiny/clip", trial: "t2", text: "a", segments: null },
    { group: "base/clip", trial: "t3", text: " the cat sat on the mat", segments: at(3, "the cat sat on the mat") },
    { group: "tiny/clip", trial: "t4", text: "a", segments: null },
    { group: "base/clip", trial: "t5", text: "the cat sat", segments: at(2, "the cat sat") },
    { group: "base/alone", trial: "t6", text: "once", segments: null },
  ]);
  expect(audits).toEqual([
    {
      group: "base/clip",
      trials: 3,
      distinctTexts: 2,
      distinctTimings: 3,
      firstDifference: { trials: ["t1", "t5"], word: 3, words: ["on the mat", ""] },
    },
    { group: "tiny/clip", trials: 2, distinctTexts: 1, distinctTimings: null, firstDifference: null },
  ]);
});
