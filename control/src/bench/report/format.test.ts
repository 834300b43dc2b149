import { expect, test } from "vitest";
import { formatChange, formatMetric, formatNumber, formatSeconds, threeDigits } from "./format.ts";

const plain = (text: string) => text.replaceAll("\u00a0", " ");

test("numbers have three digits that matter, also where rounding adds one", () => {
  expect([0, 0.01234, 1.005, 9.996, 12.34, 99.96, 1234.5, 1_234_567].map(threeDigits)).toEqual([
    "0",
    "0.0123",
    "1.00",
    "10.0",
    "12.3",
    "100",
    "1,235",
    "1,234,567",
  ]);
  expect(threeDigits(-0.5)).toBe("−0.500");
});

test("seconds have the unit that fits them", () => {
  expect([0, 0.000_423, 0.123, 0.9997, 61.2, 5400, 7200].map(formatSeconds).map(plain)).toEqual([
    "0 s",
    "0.423 ms",
    "123 ms",
    "1.00 s",
    "61.2 s",
    "1 h 30 min",
    "2 h",
  ]);
});

test("a change has its sign, and none where it rounds to nothing", () => {
  expect([0.018, -0.104, 0.25, -0.0001].map(formatChange).map(plain)).toEqual(["+1.8 %", "−10 %", "+25 %", "0.0 %"]);
});

test("each metric is written in its own way, and what is unknown as a dash", () => {
  expect(plain(formatMetric("wer", 0.0423))).toBe("4.23 %");
  expect(plain(formatMetric("rss_peak_bytes", 1.5e9))).toBe("1.50 GB");
  expect(plain(formatNumber("bytes", 490_000_000))).toBe("490 MB");
  expect(formatMetric("words", 12_345)).toBe("12,345");
  expect([formatMetric("rtfx", null), formatMetric("rtfx", Number.NaN)]).toEqual(["–", "–"]);
});
