/** A verbose_json answer, and the comparison of it with what plain faster-whisper gave. */
import { expect } from "vitest";
import type { Direct } from "./direct.ts";

export interface Verbose {
  text: string;
  language: string;
  duration: number;
  segments: { start: number; end: number; text: string; tokens: number[]; avg_logprob: number }[];
  words?: { word: string; start: number; end: number }[];
}

/** Text, times, tokens and log-probabilities. The promise covers windows decided at temperature 0: there are no others here. */
export function expectEqual(ours: Verbose, direct: Direct | undefined): void {
  const told = (segments: Verbose["segments"] | undefined) =>
    segments?.map(({ start, end, text, tokens, avg_logprob }) => ({ start, end, text, tokens, avg_logprob }));
  expect(direct?.segments.every((segment) => segment.temperature === 0)).toBe(true);
  expect(told(ours.segments)).toEqual(told(direct?.segments));
  if (ours.words === undefined) return;
  const words = direct?.segments.flatMap((segment) => segment.words);
  expect(ours.words).toEqual(words?.map(({ word, start, end }) => ({ word: word.trim(), start, end })));
}
