import { expect, test } from "vitest";
import type { Segment } from "../core/transcript.ts";
import { createReplay } from "./replay.ts";

const segment = (text: string): Segment => ({
  id: 0,
  seek: 0,
  start: 0,
  end: 1,
  text,
  tokens: [1],
  temperature: 0,
  avg_logprob: -0.1,
  compression_ratio: 1,
  no_speech_prob: 0,
  words: null,
});

function tellAll(texts: string[][]) {
  const replay = createReplay();
  const events = texts.flatMap((attempt, number) => [
    ...attempt.flatMap((text, index) => replay.segment(segment(text), { attempt: number + 1, index })),
    ...(number === texts.length - 1 ? replay.finish({ attempt: number + 1, count: attempt.length }) : []),
  ]);
  const told = events.map((event) => (event.type === "segment" ? event.segment.text : event.type));
  return { told, kept: replay.segments().map((one) => one.text) };
}

test("one attempt is told as it comes", () => {
  expect(tellAll([["a", "b"]])).toEqual({ told: ["a", "b"], kept: ["a", "b"] });
});

test("a second attempt that repeats the first is told only where it goes on", () => {
  expect(
    tellAll([
      ["a", "b"],
      ["a", "b", "c"],
    ]),
  ).toEqual({ told: ["a", "b", "c"], kept: ["a", "b", "c"] });
});

test("the first difference voids what was told from there on", () => {
  expect(
    tellAll([
      ["a", "b", "c"],
      ["a", "x"],
    ]),
  ).toEqual({ told: ["a", "b", "c", "restarted", "x"], kept: ["a", "x"] });
});

test("an attempt that ends early voids the rest", () => {
  expect(tellAll([["a", "b"], ["a"]])).toEqual({ told: ["a", "b", "restarted"], kept: ["a"] });
});
