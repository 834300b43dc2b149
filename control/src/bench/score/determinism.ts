/** Whether the same audio gives the same transcript each time: hashes of transcripts, and the audit over repeated trials. */
import { createHash } from "node:crypto";
import { splitWords } from "./normalize/python-text.ts";

export interface TimedText {
  /** Seconds. */
  start: number;
  end: number;
  text: string;
}

/** Sha256 in hexadecimal of the words, composed (NFC) and with one space between; case and punctuation count. */
export function transcriptHash(text: string): string {
  return sha256(canonical(text));
}

/** The same of each segment with its times to the millisecond: equal texts may be cut differently. */
export function timedTranscriptHash(segments: readonly TimedText[]): string {
  const milliseconds = (seconds: number) => Math.round(seconds * 1000);
  return sha256(
    segments.map(({ start, end, text }) => `${milliseconds(start)} ${milliseconds(end)} ${canonical(text)}\n`).join(""),
  );
}

function canonical(text: string): string {
  return splitWords(text.normalize("NFC")).join(" ");
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** One trial's answer; equal groups are trials of the same run config and item. */
export interface RepeatedOutput {
  group: string;
  trial: string;
  text: string;
  /** Null where the SUT tells none. */
  segments: readonly TimedText[] | null;
}

export interface Determinism {
  group: string;
  trials: number;
  /** 1: always the same. */
  distinctTexts: number;
  /** Null where a trial has no segments. */
  distinctTimings: number | null;
  /** Between the first trial and the first that has another text. */
  firstDifference: Difference | null;
}

export interface Difference {
  trials: readonly [string, string];
  /** Index of the first word that differs, and some words from there on in each. */
  word: number;
  words: readonly [string, string];
}

/** Of each group with more than one trial, in the order of their first. */
export function auditDeterminism(outputs: readonly RepeatedOutput[]): Determinism[] {
  return [...Map.groupBy(outputs, ({ group }) => group)]
    .filter(([, repeated]) => repeated.length > 1)
    .map(([group, repeated]) => ({
      group,
      trials: repeated.length,
      distinctTexts: new Set(repeated.map(({ text }) => transcriptHash(text))).size,
      distinctTimings: countTimings(repeated),
      firstDifference: findDifference(repeated),
    }));
}

function countTimings(outputs: readonly RepeatedOutput[]): number | null {
  const timings = outputs.map(({ segments }) => segments);
  const known = timings.filter((segments) => segments !== null);
  return known.length < timings.length ? null : new Set(known.map(timedTranscriptHash)).size;
}

function findDifference(outputs: readonly RepeatedOutput[]): Difference | null {
  const [first, ...others] = outputs;
  if (first === undefined) return null;
  const text = canonical(first.text);
  const other = others.find((candidate) => canonical(candidate.text) !== text);
  if (other === undefined) return null;
  const [words, otherWords] = [text.split(" "), canonical(other.text).split(" ")];
  const word = words.findIndex((value, index) => value !== otherWords[index]);
  const at = word < 0 ? words.length : word;
  const from = (all: readonly string[]) => all.slice(at, at + 5).join(" ");
  return { trials: [first.trial, other.trial], word: at, words: [from(words), from(otherWords)] };
}
