import { expect, test } from "vitest";
import { retryDelayMs } from "./retry.ts";

const pace = { firstMs: 50, maxMs: 1_000, refusedMs: 5_000 };

test.each([
  { failures: 1, refused: false, ceiling: 50 },
  { failures: 2, refused: false, ceiling: 100 },
  { failures: 5, refused: false, ceiling: 800 },
  { failures: 6, refused: false, ceiling: 1_000 },
  { failures: 10_000, refused: false, ceiling: 1_000 },
  { failures: 1, refused: true, ceiling: 5_000 },
])("after $failures failures, refused: $refused, it waits between half of $ceiling ms and all of it", (given) => {
  const delays = Array.from({ length: 50 }, () => retryDelayMs(pace, given));
  expect(Math.min(...delays)).toBeGreaterThanOrEqual(given.ceiling / 2);
  expect(Math.max(...delays)).toBeLessThanOrEqual(given.ceiling);
  expect(new Set(delays).size).toBeGreaterThan(1);
});
