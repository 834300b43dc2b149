/** Checks with a known answer: what the benchmark system says of texts and times that were made up must be what was put in. */
import { scoreTexts } from "../score/texts.ts";
import { usualResampling } from "../stats/bootstrap.ts";
import { createRandom, type Random } from "../stats/random.ts";
import { judgePaired, type Pair } from "../stats/speed.ts";
import { leastSamples } from "../stats/tail.ts";
import type { ItemFacts } from "../workloads/item.ts";

export interface Check {
  name: string;
  ok: boolean;
  /** What was found, beside what must be found. */
  detail: string;
}

export function knownAnswers(): Check[] {
  return [scoring(), percentiles(), verdicts({ effect: 0 }), verdicts({ effect: 0.1 }), clock()];
}

/** One word in each manner wrong, and what the normalizer must not count. */
function scoring(): Check {
  const item: ItemFacts = {
    key: "selftest/text",
    workload: "selftest",
    name: "text",
    audio: "",
    sha256: "",
    duration_s: 10,
    text: "Mr. Park won't pay twenty-one pounds for the grey colour in the harbour.",
    expect: "speech",
    language: "en",
    speaker: null,
  };
  const hypothesis = "mister will not pay £21 for a gray color in the old harbor";
  const { words, substitutions, deletions, insertions } = scoreTexts([{ item, hypothesis }], {
    normalizer: "auto",
    language: null,
  });
  const found = `${substitutions} substituted, ${deletions} deleted, ${insertions} inserted of ${words} words`;
  return check("word errors", { found, wanted: "1 substituted, 1 deleted, 1 inserted of 13 words" });
}

function percentiles(): Check {
  const found = [0.9, 0.95, 0.99].map((part) => leastSamples(part)).join(", ");
  return check("samples for p90, p95, p99", { found, wanted: "64, 130, 662" });
}

const runs = 200;
const trials = 12;

/** Runs on a machine that drifts by 6 %, with noise of 2 %. */
function verdicts({ effect }: { effect: number }): Check {
  const random = createRandom(6);
  const resampling = { ...usualResampling, resamples: 1000 };
  let regressions = 0;
  for (let run = 0; run < runs; run += 1) {
    const { verdict } = judgePaired(simulated(random, effect), { tolerance: 0.05, resampling });
    if (verdict === "regression") regressions += 1;
  }
  const share = regressions / runs;
  const found = `${Math.round(100 * share)} % of runs are called a regression`;
  return effect === 0
    ? { name: "drift of 6 %, no effect", ok: share <= 0.01, detail: `${found}; at most 1 % may` }
    : { name: `drift of 6 %, ${100 * effect} % slower`, ok: share >= 0.9, detail: `${found}; at least 90 % must` };
}

function simulated(random: Random, effect: number): Pair[] {
  const time_s = (place: number) => {
    // Irwin and Hall: twelve uniform numbers make a normal one, near enough.
    const normal = Array.from({ length: 12 }, () => random.unit()).reduce((sum, value) => sum + value, -6);
    return (1 + (0.06 * place) / (2 * trials)) * Math.exp(0.02 * normal);
  };
  return Array.from({ length: trials }, (_, block) => {
    const [first, second] = [time_s(2 * block), time_s(2 * block + 1)];
    const [reference_s, alike_s] = block % 2 === 0 ? [first, second] : [second, first];
    return { reference_s, candidate_s: alike_s * (1 + effect) };
  });
}

/** The finest step of the clock that all times are taken by. */
function clock(): Check {
  let finest = Number.POSITIVE_INFINITY;
  for (let count = 0; count < 1000; count += 1) {
    const start = performance.now();
    let now = start;
    while (now === start) now = performance.now();
    finest = Math.min(finest, now - start);
  }
  return { name: "clock", ok: finest < 0.1, detail: `steps of ${(1000 * finest).toFixed(2)} µs; 100 µs at most` };
}

function check(name: string, { found, wanted }: { found: string; wanted: string }): Check {
  return { name, ok: found === wanted, detail: found === wanted ? found : `${found}; it must be ${wanted}` };
}
