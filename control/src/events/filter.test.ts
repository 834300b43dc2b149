import { expect, test } from "vitest";
import { eventNames } from "./catalogue.ts";
import { createFilter } from "./filter.ts";

test.each([
  { pattern: "transcription.completed", name: "transcription.completed" },
  { pattern: "*", name: "transcription.completed" },
  { pattern: "*", name: "" },
  { pattern: "transcription.*", name: "transcription.completed" },
  { pattern: "transcription.completed*", name: "transcription.completed" },
  { pattern: "*transcription.completed", name: "transcription.completed" },
  { pattern: "*.failed", name: "transcription.failed" },
  { pattern: "benchmark.*.completed", name: "benchmark.run.completed" },
  { pattern: "*.*", name: "benchmark.run.completed" },
  { pattern: "**", name: "node.started" },
  { pattern: "a*a*a", name: "aaa" },
  { pattern: "*ab*ab", name: "abab" },
  { pattern: "*a*b", name: "abab" },
])("$pattern takes $name", ({ pattern, name }) => {
  expect(createFilter([pattern])(name)).toBe(true);
});

test.each([
  { pattern: "transcription.complete", name: "transcription.completed" },
  { pattern: "ranscription.completed", name: "transcription.completed" },
  { pattern: "transcription.*", name: "transcription" },
  { pattern: "*.failed", name: "failed" },
  { pattern: "*.failed", name: "model.load_failed" },
  { pattern: "*.failed", name: "transcription.failed.v1" },
  { pattern: "node.*", name: "anode.started" },
  { pattern: "node.started", name: "nodeXstarted" },
  { pattern: "ab*ba", name: "aba" },
  { pattern: "a*a*a", name: "aa" },
  { pattern: "*ab*ab", name: "ab" },
  { pattern: "", name: "node.started" },
])("$pattern leaves out $name", ({ pattern, name }) => {
  expect(createFilter([pattern])(name)).toBe(false);
});

test("one pattern of several is enough", () => {
  const passes = createFilter(["transcription.completed", "*.failed"]);
  expect(eventNames.filter(passes)).toEqual(["transcription.completed", "transcription.failed"]);
});

test("without patterns nothing passes", () => {
  expect(eventNames.filter(createFilter([]))).toEqual([]);
});

test("a pattern made of stars costs one pass, not an explosion", () => {
  const passes = createFilter([`${"*_".repeat(49)}*a`]);
  expect(passes("_".repeat(10_000))).toBe(false);
  expect(passes(`${"_".repeat(10_000)}a`)).toBe(true);
});
