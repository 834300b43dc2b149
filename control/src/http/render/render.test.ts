import { describe, expect, test } from "vitest";
import type { Segment, Transcript } from "../../core/transcript.ts";
import type { ResponseFormat } from "../options.ts";
import { render } from "./render.ts";
import { createTrimmer } from "./text.ts";

const segment = (text: string, more: Partial<Segment> = {}): Segment => ({
  id: 1,
  seek: 300,
  start: 0,
  end: 1,
  text,
  tokens: [50_364, 440],
  temperature: 0.2,
  avg_logprob: -0.25,
  compression_ratio: 1.5,
  no_speech_prob: 0.01,
  words: null,
  ...more,
});
const transcript = (segments: Segment[], more: Partial<Transcript> = {}): Transcript => ({
  text: segments.map(({ text }) => text).join(""),
  task: "transcribe",
  language: "en",
  language_probability: 1,
  duration_s: 3661.5,
  segments,
  model: { name: "base", revision: "r", engine: "fake", device: "cpu", compute_type: "int8" },
  queue_s: 0,
  decode_s: 0,
  processing_s: 1,
  ...more,
});
const show = { segments: true, words: false };
const body = (one: Transcript, format: ResponseFormat) => render(one, { format, show }).body;

const words = [{ word: " Ask", start: 0.1, end: 0.5, probability: 0.9 }];
const talk = transcript([
  segment(" Ask", { start: 0, end: 59.9996, words }),
  segment(" <i>what</i> & -->\n\n why", { id: 2, start: 59.9996, end: 3661.5 }),
  segment("  ", { id: 3 }),
]);

test("json is the text and how long the audio was", () => {
  expect(render(talk, { format: "json", show })).toEqual({
    contentType: "application/json",
    body: JSON.stringify({
      text: "Ask <i>what</i> & -->\n\n why",
      usage: { type: "duration", seconds: 3662 },
    }),
  });
});

test("text is the text and a line's end", () => {
  expect(render(talk, { format: "text", show })).toEqual({
    contentType: "text/plain; charset=utf-8",
    body: "Ask <i>what</i> & -->\n\n why\n",
  });
});

test("srt numbers its cues, and nothing in a text ends one", () => {
  expect(body(talk, "srt")).toBe(
    "1\n00:00:00,000 --> 00:01:00,000\nAsk\n\n2\n00:01:00,000 --> 01:01:01,500\n<i>what</i> & ->\nwhy\n\n",
  );
});

test("vtt escapes what it would take for markup", () => {
  expect(body(talk, "vtt")).toBe(
    "WEBVTT\n\n00:00:00.000 --> 00:01:00.000\nAsk\n\n" +
      "00:01:00.000 --> 01:01:01.500\n&lt;i&gt;what&lt;/i&gt; &amp; --&gt;\nwhy\n\n",
  );
});

test("silence is an empty transcript in every format", () => {
  const silence = transcript([]);
  expect(JSON.parse(body(silence, "json"))).toMatchObject({ text: "" });
  expect(body(silence, "text").trim()).toBe("");
  expect(body(silence, "srt")).toBe("");
  expect(body(silence, "vtt")).toBe("WEBVTT\n\n");
  expect(JSON.parse(body(silence, "verbose_json"))).toMatchObject({ text: "", segments: [] });
});

describe("verbose_json", () => {
  const verbose = (one: Transcript, shown: { segments: boolean; words: boolean }) =>
    JSON.parse(render(one, { format: "verbose_json", show: shown }).body);

  test("has segments with ids from 0 and the engine's own figures", () => {
    const shown = verbose(talk, { segments: true, words: false });
    expect(Object.keys(shown)).toEqual(["task", "language", "duration", "text", "segments"]);
    expect(shown).toMatchObject({ task: "transcribe", language: "english", duration: 3661.5 });
    expect(shown.segments[0]).toEqual({
      id: 0,
      seek: 300,
      start: 0,
      end: 59.9996,
      text: " Ask",
      tokens: [50_364, 440],
      temperature: 0.2,
      avg_logprob: -0.25,
      compression_ratio: 1.5,
      no_speech_prob: 0.01,
    });
  });

  test("has trimmed words at the top, and no segments where only words were asked for", () => {
    const shown = verbose(talk, { segments: false, words: true });
    expect(Object.keys(shown)).toEqual(["task", "language", "duration", "text", "words"]);
    expect(shown.words).toEqual([{ word: "Ask", start: 0.1, end: 0.5 }]);
  });

  test("of a translation is in English, whatever was spoken", () => {
    const german = { language: "de" };
    expect(verbose(transcript([], german), show).language).toBe("german");
    expect(verbose(transcript([], { ...german, task: "translate" }), show).language).toBe("english");
  });
});

test.each([
  [[" Ask", " not", " what. "]],
  [["  ", "\n", " a ", "  ", " b\t", "\n "]],
  [["", " ", ""]],
  [["a", "b", " c"]],
  [[]],
])("deltas of %j concatenate to the trimmed whole", (texts: string[]) => {
  const show = createTrimmer();
  expect(texts.map(show).join("")).toBe(texts.join("").trim());
});
