import { expect, test } from "vitest";
import type { Interval } from "../stats/bootstrap.ts";
import { usualResampling } from "../stats/bootstrap.ts";
import { type BoundGate, holdBound } from "./bound.ts";
import type { Sample, SideConfig } from "./side.ts";

const config: SideConfig = {
  config_key: "key",
  label: "label",
  unsupported: [],
  baseline: null,
  twin_of: null,
  sut: "sut",
  least_trials: 1,
};

const sample = (more: Partial<Sample>): Sample => ({
  config_key: "key",
  block: "0/all",
  item: "all",
  status: "ok",
  time_s: 1,
  words: [],
  characters: [],
  latencies_s: [],
  ...more,
});

interface Given {
  samples?: Sample[];
  metrics?: Record<string, number | null>;
  intervals?: Record<string, Interval>;
}

const hold = (gate: BoundGate, { samples = [], metrics = {}, intervals = {} }: Given) =>
  holdBound(gate, { config, samples, summary: { metrics, intervals }, resampling: usualResampling });

test("a latency percentile is held by the requests themselves, and failed ones are late", () => {
  const gate: BoundGate = { metric: "latency_p95_s", at_most: 0.5 };
  const latencies = (late: number, of: number) =>
    sample({ latencies_s: Array.from({ length: of }, (_, place) => (place < late ? Number.POSITIVE_INFINITY : 0.1)) });
  expect(hold(gate, { samples: [latencies(0, 130)] }).outcome).toBe("pass");
  expect(hold(gate, { samples: [latencies(20, 130)] }).outcome).toBe("regression");
  expect(hold(gate, { samples: [latencies(1, 60)] })).toMatchObject({
    outcome: "inconclusive",
    further: 70,
    message: "1 of 60 requests took longer than 0.5 s, 5.0 % may",
  });
});

test("word errors are held by the interval over utterances", () => {
  const words = Array.from({ length: 12 }, (_, place) => ({ item: String(place), errors: place % 3, words: 20 }));
  const held = (at_most: number) => hold({ metric: "wer", at_most }, { samples: [sample({ words })] });
  expect(held(0.1).outcome).toBe("pass");
  expect(held(0.05).outcome).toBe("inconclusive");
  expect(held(0.01)).toMatchObject({ outcome: "regression" });
  expect(held(0.01).p).toBeLessThan(0.001);
  expect(held(0.1).message).toMatch(/^5\.0 % \(95\.0 %: .* to .*\), at most 10\.0 %$/);
});

test("any other metric is held by its interval, or by its value where it has none", () => {
  const intervals = { rtfx: { low: 18, high: 22 } };
  const rtfx = (at_least: number) => hold({ metric: "rtfx", at_least }, { metrics: { rtfx: 20 }, intervals }).outcome;
  expect([rtfx(17), rtfx(19), rtfx(23)]).toEqual(["pass", "inconclusive", "regression"]);
  const memory = hold({ metric: "rss_peak_bytes", at_most: 2e9 }, { metrics: { rss_peak_bytes: 1.5e9 } });
  expect(memory).toMatchObject({ outcome: "pass", message: "rss_peak_bytes is 1500000000, at most 2000000000" });
  expect(hold({ metric: "x", at_least: 1, at_most: 2 }, { metrics: { x: 3 } }).message).toBe(
    "x is 3, at most 2 and at least 1",
  );
});

test("a metric that is not there, and a gate without a bound, hold nothing", () => {
  expect(hold({ metric: "rss_peak_bytes", at_most: 1 }, {}).outcome).toBe("unmeasured");
  expect(hold({ metric: "wer", at_most: 1 }, {}).message).toBe("wer was not measured");
  expect(hold({ metric: "x" }, { metrics: { x: 3 } }).outcome).toBe("unmeasured");
});
