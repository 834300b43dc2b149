import { expect, test } from "vitest";
import { createRandom } from "./random.ts";
import { leastSamples, serviceLevel, tails } from "./tail.ts";

const upTo = (count: number) => Array.from({ length: count }, (_, place) => place + 1);

test("64, 130 and 662 samples are the fewest for p90, p95 and p99, as MLPerf's LoadGen has it", () => {
  expect([0.9, 0.95, 0.99].map((part) => leastSamples(part))).toEqual([64, 130, 662]);
});

test.each([
  { part: 0.9, least: 64 },
  { part: 0.95, least: 130 },
  { part: 0.99, least: 662 },
])("one sample fewer than $least tells no percentile $part", ({ part, least }) => {
  expect(tails(upTo(least - 1), [part])).toEqual([{ part, value: null, surely: null, least }]);
  expect(tails(upTo(least), [part])[0]?.surely).toBe(least);
});

test("of many samples, the sure bound comes near to the percentile", () => {
  const [tail] = tails(upTo(100_000), [0.9]);
  expect(tail?.value).toBeCloseTo(90_000.1, 6);
  expect(tail?.surely).toBeGreaterThan(90_150);
  expect(tail?.surely).toBeLessThan(90_300);
});

test("in 99 of 100 simulated runs the true percentile is within the sure bound", () => {
  const random = createRandom(4);
  let beyond = 0;
  for (let run = 0; run < 1000; run += 1) {
    const [tail] = tails(
      Array.from({ length: 200 }, () => random.unit()),
      [0.95],
    );
    if ((tail?.surely ?? 0) < 0.95) beyond += 1;
  }
  expect(beyond).toBeLessThanOrEqual(15);
});

const late = (count: number, of: number) => upTo(of).map((place) => (place <= count ? 2 : 0.5));
const slo = { part: 0.95, limit: 1 };

test("a service level is met where so few late ones are as good as impossible otherwise", () => {
  expect(serviceLevel(late(1, 130), slo)).toMatchObject({ verdict: "met", late: 1 });
  expect(serviceLevel(late(0, 90), slo).verdict).toBe("met");
});

test("it is missed where so many late ones are, and in between it tells how many more it would take", () => {
  expect(serviceLevel(late(15, 130), slo).verdict).toBe("missed");
  expect(serviceLevel(late(3, 60), slo)).toMatchObject({
    verdict: "inconclusive",
    samples: 60,
    late: 3,
    further_samples: leastSamples(0.95, 3) - 60,
  });
});

test("a request that was never answered is late, and no requests at all decide nothing", () => {
  expect(serviceLevel([Number.NaN, Number.POSITIVE_INFINITY], slo).late).toBe(2);
  expect(serviceLevel([], slo)).toMatchObject({ verdict: "inconclusive", further_samples: 90 });
});
