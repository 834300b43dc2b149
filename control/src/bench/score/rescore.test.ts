import { expect, test } from "vitest";
import { makeRun, makeTrial } from "../../../test/bench-records.ts";
import type { TrialRecord } from "../results/record.ts";
import { rescoreRun } from "./rescore.ts";

const item = {
  workload: "speech",
  audio: "a.wav",
  sha256: "0".repeat(64),
  duration_s: 5,
  expect: "speech" as const,
  language: null,
  speaker: null,
};
const run = makeRun({
  items: [
    { ...item, key: "speech/a", name: "a", text: "Doctor One.", language: "en" },
    { ...item, key: "speech/b", name: "b", text: "Guten Tag!" },
  ],
});
const rescored = (trial: TrialRecord, normalizer: "auto" | "raw@1") =>
  rescoreRun({ run, trials: [trial], ends: [] }, normalizer).trials[0];

const alone = makeTrial({
  workload: { item: "speech/a", requests: 1, audio_s: 5 },
  output: { text: "dr 1", language: "en", segments: null },
  metrics: { rtfx: 3, wer: 0.9, errors: 9, rss_peak_bytes: 7 },
});

test("metrics of words are those of the normalizer, and what was measured stays as it was", () => {
  expect(rescored(alone, "raw@1")).toMatchObject({
    normalizer: "raw@1",
    metrics: { rtfx: 3, rss_peak_bytes: 7, wer: 1, errors: 2, words: 2 },
  });
  expect(rescored(alone, "auto")).toMatchObject({
    normalizer: "hum-english@1",
    metrics: { rtfx: 3, rss_peak_bytes: 7, wer: 0, errors: 0 },
  });
});

test("of a trial of many requests each answer is scored, by its own language, and they are pooled", () => {
  const times = { intended_s: 0, sent_s: 0, done_s: 1, first_segment_s: null };
  const answered = { ...times, status: "ok" as const, error: null };
  const load = makeTrial({
    workload: { item: null, requests: 3, audio_s: 15 },
    output: null,
    requests: [
      { ...answered, item: "speech/a", text: "dr 1" },
      { ...answered, item: "speech/b", text: "guten abend" },
      { ...times, item: "speech/b", status: "timeout", error: { code: "timeout", message: "late" }, text: null },
    ],
    metrics: { rtfx: 3, failed_requests: 1 },
  });
  expect(rescored(load, "auto")).toMatchObject({
    normalizer: "hum-english@1, whisper-basic@1",
    metrics: { rtfx: 3, failed_requests: 1, words: 4, errors: 1, wer: 0.25 },
  });
});

test("a trial without an answer has no metrics of words, whatever was stored", () => {
  const lost = { ...alone, output: null, status: "error" as const, error: { code: "sut_lost", message: "it died" } };
  expect(rescored(lost, "raw@1")?.metrics).toEqual({ rtfx: 3, rss_peak_bytes: 7 });
});
