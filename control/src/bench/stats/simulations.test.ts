/** Known drift and effects in, the right verdict out: each rate is over some hundred simulated runs. */
import { expect, test, vi } from "vitest";
import { usualResampling } from "./bootstrap.ts";
import { leastDetectable } from "./detectable.ts";
import { normalQuantile } from "./normal.ts";
import { median, sumOf } from "./quantile.ts";
import { createRandom, type Random } from "./random.ts";
import { judgePaired, judgeUnpaired, logRatios, type Pair } from "./speed.ts";
import { findSteps } from "./steps.ts";
import { judgeWer, type Scored } from "./wer.ts";

// Hundreds of runs with a thousand draws each, on a machine that has other work too.
vi.setConfig({ testTimeout: 60_000 });

const trials = 12;
const drift = 0.06;
const tolerance = 0.05;

const resampling = (seed: number) => ({ ...usualResampling, resamples: 1000, seed });

function rateOf(runs: number, happens: (run: number) => boolean): number {
  let count = 0;
  for (let run = 0; run < runs; run += 1) if (happens(run)) count += 1;
  return count / runs;
}

const normal = (random: Random) => normalQuantile((random.bits() + 0.5) / 2 ** 32);

/** As a machine with other work: 2.2 % of noise, and now and then a trial that takes up to 60 % longer. */
function noise(random: Random): number {
  const disturbed = random.unit() < 0.05 ? 1 + 0.6 * random.unit() : 1;
  return Math.exp(0.022 * normal(random)) * disturbed;
}

/** Of a machine that gets 6 % slower over the run, the n-th of all trials. */
function trial_s(random: Random, place: number): number {
  return (1 + (drift * place) / (2 * trials - 1)) * noise(random);
}

/** A B, B A, A B and so on. */
function interleaved(random: Random, { effect, blocks = trials }: { effect: number; blocks?: number }): Pair[] {
  return Array.from({ length: blocks }, (_, block) => {
    const [first, second] = [trial_s(random, 2 * block), trial_s(random, 2 * block + 1)];
    const [reference_s, alike_s] = block % 2 === 0 ? [first, second] : [second, first];
    return { reference_s, candidate_s: alike_s * (1 + effect) };
  });
}

test("one after the other, drift alone makes a quarter of all runs look like a regression", () => {
  const random = createRandom(1);
  const rate = rateOf(1000, () => {
    const times_s = Array.from({ length: 2 * trials }, (_, place) => trial_s(random, place));
    return sumOf(times_s.slice(trials)) / sumOf(times_s.slice(0, trials)) > 1 + tolerance;
  });
  expect(rate).toBeGreaterThan(0.19);
  expect(rate).toBeLessThan(0.28);
});

test("interleaved and paired, the same drift makes none, and most runs say so", () => {
  const random = createRandom(2);
  const verdicts = Array.from({ length: 500 }, (_, run) => {
    return judgePaired(interleaved(random, { effect: 0 }), { tolerance, resampling: resampling(run) }).verdict;
  });
  expect(verdicts.filter((verdict) => verdict === "regression")).toHaveLength(0);
  expect(verdicts.filter((verdict) => verdict === "improvement")).toHaveLength(0);
  expect(verdicts.filter((verdict) => verdict === "unchanged").length / 500).toBeGreaterThan(0.8);
});

test.each([
  { effect: 0.1, expected: "regression" },
  { effect: -0.1, expected: "improvement" },
])("a true change of $effect is found as $expected in nine of ten runs", ({ effect, expected }) => {
  const random = createRandom(3);
  const rate = rateOf(500, (run) => {
    return (
      judgePaired(interleaved(random, { effect }), { tolerance, resampling: resampling(run) }).verdict === expected
    );
  });
  expect(rate).toBeGreaterThan(0.88);
});

test("a change that is exactly the tolerance is called a regression about as rarely as the interval's level promises", () => {
  const random = createRandom(4);
  const rate = rateOf(500, (run) => {
    const pairs = interleaved(random, { effect: tolerance });
    return judgePaired(pairs, { tolerance, resampling: resampling(run) }).verdict === "regression";
  });
  // 2.5 % is promised; the percentile interval of twelve values keeps not quite that.
  expect(rate).toBeLessThan(0.06);
});

test("as many further blocks as an inconclusive verdict asks for give a verdict in most runs", () => {
  const random = createRandom(5);
  let asked = 0;
  const rate = rateOf(1500, (run) => {
    const first = interleaved(random, { effect: 0.03, blocks: 8 });
    const { further_units } = judgePaired(first, { tolerance, resampling: resampling(run) });
    if (further_units === null || further_units > 500) return false;
    asked += 1;
    const all = [...first, ...interleaved(random, { effect: 0.03, blocks: further_units })];
    return (
      judgePaired(all, { tolerance, resampling: { ...resampling(run), resamples: 400 } }).verdict !== "inconclusive"
    );
  });
  expect(asked).toBeGreaterThan(300);
  expect((rate * 1500) / asked).toBeGreaterThan(0.7);
});

test("the least detectable effect of an A/A run is found in some four of five runs, and half of it rarely", () => {
  const random = createRandom(6);
  const found = (part: number) =>
    rateOf(400, (run) => {
      const least = leastDetectable(logRatios(interleaved(random, { effect: 0, blocks: 20 })), {
        blocks: trials,
        resampling: resampling(run),
      });
      const effect = (1 + tolerance) * (1 + part * (least?.effect ?? 0)) - 1;
      const pairs = interleaved(random, { effect });
      return judgePaired(pairs, { tolerance, resampling: resampling(run) }).verdict === "regression";
    });
  const whole = found(1);
  expect(whole).toBeGreaterThan(0.7);
  expect(whole).toBeLessThan(0.95);
  expect(found(0.4)).toBeLessThan(0.45);
});

test("an A/A run is called biased about as rarely as its level promises, and always where the order decides", () => {
  const random = createRandom(7);
  const biased = (effect: number) =>
    rateOf(300, (run) => {
      const ratios = logRatios(interleaved(random, { effect, blocks: 20 }));
      return leastDetectable(ratios, { blocks: trials, resampling: resampling(run) })?.biased === true;
    });
  expect(biased(0)).toBeLessThan(0.1);
  expect(biased(0.06)).toBeGreaterThan(0.97);
});

test("two runs of which one met a machine that was 6 % slower look like a regression, which pairing would have seen through", () => {
  const random = createRandom(8);
  const rate = rateOf(200, (run) => {
    const times_s = (factor: number) => Array.from({ length: trials }, () => factor * noise(random));
    const items = [{ reference_s: times_s(1), candidate_s: times_s(1 + drift) }];
    return judgeUnpaired(items, { tolerance: 0.02, resampling: resampling(run) }).verdict === "regression";
  });
  expect(rate).toBeGreaterThan(0.5);
});

test("two runs on an equally fast machine, with three trials of each item, rarely make a false alarm", () => {
  const random = createRandom(12);
  const rate = rateOf(300, (run) => {
    const items = Array.from({ length: 20 }, (_, item) => {
      const times_s = () => Array.from({ length: 3 }, () => (1 + item) * noise(random));
      return { reference_s: times_s(), candidate_s: times_s() };
    });
    // Without any tolerance, every verdict is a false one.
    const { verdict } = judgeUnpaired(items, { tolerance: 0, resampling: { ...resampling(run), resamples: 400 } });
    return verdict !== "inconclusive";
  });
  expect(rate).toBeLessThan(0.1);
});

test("adding blocks once, where the first are inconclusive, makes hardly more false alarms", () => {
  const random = createRandom(13);
  const rate = rateOf(600, (run) => {
    const options = { tolerance, resampling: { ...resampling(run), resamples: 600 } };
    const first = interleaved(random, { effect: tolerance, blocks: 8 });
    const { verdict } = judgePaired(first, options);
    if (verdict !== "inconclusive") return verdict === "regression";
    const all = [...first, ...interleaved(random, { effect: tolerance, blocks: 16 })];
    return judgePaired(all, options).verdict === "regression";
  });
  expect(rate).toBeLessThan(0.1);
});

const speakers = 12;
const utterances = 10;

/** Both sides are as good on the whole, but each speaker suits one of them better than the other. */
function clustered(random: Random, effect = 0): { reference: Scored[]; candidate: Scored[] } {
  const errorsOf = (words: number, rate: number) => {
    let errors = 0;
    for (let word = 0; word < words; word += 1) if (random.unit() < rate) errors += 1;
    return errors;
  };
  const reference: Scored[] = [];
  const candidate: Scored[] = [];
  for (let speaker = 0; speaker < speakers; speaker += 1) {
    const suits = 0.048 * normal(random);
    for (let clip = 0; clip < utterances; clip += 1) {
      const words = 10 + random.below(15);
      const common = { item: `${speaker}/${clip}`, cluster: String(speaker), words };
      reference.push({ ...common, errors: errorsOf(words, 0.12 - suits / 2) });
      candidate.push({ ...common, errors: errorsOf(words, 0.12 + effect + suits / 2) });
    }
  }
  return { reference, candidate };
}

const alone = ({ cluster, ...scored }: Scored): Scored => scored;

test("where clips share speakers, drawing utterances makes far more false alarms than drawing speakers", () => {
  const random = createRandom(9);
  const runs = 600;
  const alarms = { utterances: 0, speakers: 0 };
  for (let run = 0; run < runs; run += 1) {
    const sides = clustered(random);
    const options = { tolerance: 0, resampling: { ...resampling(run), resamples: 600 } };
    const flat = { reference: sides.reference.map(alone), candidate: sides.candidate.map(alone) };
    if (judgeWer(flat, options).verdict !== "inconclusive") alarms.utterances += 1;
    if (judgeWer(sides, options).verdict !== "inconclusive") alarms.speakers += 1;
  }
  expect(alarms.utterances / runs).toBeGreaterThan(0.18);
  expect(alarms.utterances / runs).toBeLessThan(0.29);
  expect(alarms.speakers / runs).toBeLessThan(0.14);
  expect(alarms.speakers / runs).toBeGreaterThan(0.05);
});

test("drawing speakers still finds a side that makes more errors with all of them", () => {
  const random = createRandom(10);
  const rate = rateOf(200, (run) => {
    const sides = clustered(random, 0.07);
    return judgeWer(sides, { tolerance: 0.01, resampling: resampling(run) }).verdict === "regression";
  });
  expect(rate).toBeGreaterThan(0.85);
});

test("a history without a step rarely has one found, and a step of 6 % is found where it is", () => {
  const random = createRandom(11);
  // A run's value is the median of its trials; and machines are not the same from day to day.
  const run = () => median(Array.from({ length: trials }, () => Math.log(noise(random)))) + 0.01 * normal(random);
  const history = (step: number) =>
    Array.from({ length: 30 }, (_, place) => run() + (place < 18 ? 0 : Math.log1p(step)));
  const falsely = rateOf(200, (seed) => findSteps(history(0), { seed, permutations: 199 }).length > 0);
  const found = rateOf(100, (seed) =>
    findSteps(history(0.06), { seed, permutations: 199 }).some(({ at }) => Math.abs(at - 18) <= 1),
  );
  expect(falsely).toBeLessThan(0.04);
  expect(found).toBeGreaterThan(0.9);
});
