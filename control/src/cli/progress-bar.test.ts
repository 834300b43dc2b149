import { expect, test } from "vitest";
import { progressBar } from "./progress-bar.ts";

test("a bar fills with its part and never beyond", () => {
  expect([0, 0.5, 1, 1.7].map(progressBar)).toEqual([
    "[--------------------]   0 %",
    "[##########----------]  50 %",
    "[####################] 100 %",
    "[####################] 100 %",
  ]);
});
