import { expect, test } from "vitest";
import { createPace } from "./progress.ts";

test("nothing is estimated before there is a pace, and then by the audio that is left", () => {
  const pace = createPace([1, 1, 8]);
  expect(pace.count()).toEqual({ done: 0, planned: 3, remaining_s: null });
  pace.add(1, 2);
  expect(pace.count()).toEqual({ done: 1, planned: 3, remaining_s: 18 });
  pace.add(1, 4);
  expect(pace.count()).toEqual({ done: 2, planned: 3, remaining_s: 24 });
  pace.add(8, 20);
  expect(pace.count()).toEqual({ done: 3, planned: 3, remaining_s: 0 });
});

test("trials that are added count as any other, and those that cannot be run do not", () => {
  const pace = createPace([2, 2]);
  pace.add(2, 4);
  pace.extend([2, 3]);
  expect(pace.count()).toEqual({ done: 1, planned: 4, remaining_s: 14 });
  pace.drop(3);
  expect(pace.count()).toEqual({ done: 1, planned: 3, remaining_s: 8 });
});

test("where nothing can be run there is nothing to estimate", () => {
  const pace = createPace([1]);
  pace.drop(1);
  expect(pace.count()).toEqual({ done: 0, planned: 0, remaining_s: null });
});
