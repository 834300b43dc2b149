import { expect, test } from "vitest";
import type { Gate } from "../definition/schema.ts";
import { createRandom } from "../stats/random.ts";
import { type CompareOptions, compare, undecided } from "./compare.ts";
import type { Sample, Side, SideConfig } from "./side.ts";

const config = (config_key: string, more: Partial<SideConfig> = {}): SideConfig => ({
  config_key,
  label: `label of ${config_key}`,
  unsupported: [],
  baseline: null,
  twin_of: null,
  sut: "sut",
  least_trials: 8,
  ...more,
});

/** Up to 2 % to either side, other noise for each run config. */
function noiseOf(config_key: string): () => number {
  const random = createRandom(Number.parseInt(Buffer.from(config_key).toString("hex"), 16));
  return () => 1 + 0.04 * (random.unit() - 0.5);
}

interface Made {
  /** How many times as long as a second a trial takes. */
  factor?: number;
  errors?: number;
  failed?: number;
  blocks?: number;
}

function samplesOf(config_key: string, { factor = 1, errors = 1, failed = 0, blocks = 8 }: Made = {}): Sample[] {
  const noise = noiseOf(config_key);
  return Array.from({ length: blocks }, (_, place) => {
    const item = `speech/${place}`;
    const time_s = factor * (1 + 0.1 * place) * noise();
    const made = { item, errors: errors + (place % 3), words: 40 };
    return {
      config_key,
      block: `0/${item}`,
      item,
      status: place < failed ? "timeout" : "ok",
      time_s,
      words: [made],
      characters: [],
      latencies_s: [place < failed ? Number.POSITIVE_INFINITY : time_s],
    } as const;
  });
}

function side(configs: readonly SideConfig[], samples: readonly Sample[], more: Partial<Side> = {}): Side {
  return {
    run_id: "run",
    label: "a run",
    environment_key: "here",
    conditions: "single-stream",
    normalizers: ["hum-english@1"],
    interleaved: true,
    configs,
    audio: new Map(samples.map(({ item }) => [item, `sha256 of ${item}`])),
    samples,
    doubts: [],
    faults: [],
    failure: null,
    ...more,
  };
}

const two = (made: Made, more: Partial<Side> = {}) =>
  side([config("old"), config("new")], [...samplesOf("old"), ...samplesOf("new", made)], more);
const speed: Gate = { metric: "speed", tolerance: 0.05 };
const wer: Gate = { metric: "wer", tolerance: 0.01 };
const options = (more: Partial<CompareOptions> = {}): CompareOptions => ({ gates: [speed, wer], seed: 1, ...more });

test("a run config as fast and as right as the first one passes", () => {
  const comparison = compare(two({}), options());
  expect(comparison).toMatchObject({ outcome: "pass", exit_code: 0, paired: true, reasons: [], notes: [] });
  expect(comparison.gates.map(({ label, outcome }) => [label, outcome])).toEqual([
    ["label of new", "pass"],
    ["label of new", "pass"],
  ]);
  expect(comparison.pairs[0]?.speed?.verdict).toBe("unchanged");
});

test("one that takes a fifth longer is a regression, and the gate says by how much and since when", () => {
  const comparison = compare(two({ factor: 1.2 }), options());
  expect(comparison).toMatchObject({ outcome: "regression", exit_code: 1 });
  expect(comparison.gates[0]).toMatchObject({ outcome: "regression", reference: "label of old", further: null });
  expect(comparison.gates[0]?.message).toMatch(/^\d\d\.\d % more time \(95.0 %: .* to .*\), 5.0 % allowed$/);
  expect(comparison.gates[0]?.p_adjusted).toBeLessThan(0.025);
});

test("one that makes more errors in every utterance is a regression, though it is as fast", () => {
  const comparison = compare(two({ errors: 4 }), options());
  expect(comparison.outcome).toBe("regression");
  expect(comparison.gates.map(({ outcome }) => outcome)).toEqual(["pass", "regression"]);
  expect(comparison.gates[1]?.message).toContain("7.50 points more errors, from 4.7 % to 12.2 %");
});

test("one that is faster passes, and the pair says improvement", () => {
  const comparison = compare(two({ factor: 0.8 }), options());
  expect(comparison.outcome).toBe("pass");
  expect(comparison.pairs[0]?.speed).toMatchObject({ verdict: "improvement" });
  expect(comparison.pairs[0]?.speed?.change).toBeLessThan(-0.15);
});

test("what cannot be decided is inconclusive with the number of further blocks, and counts as undecided", () => {
  const comparison = compare(two({ factor: 1.05 }), options());
  expect(comparison).toMatchObject({ outcome: "inconclusive", exit_code: 3 });
  expect(comparison.gates[0]?.further).toBeGreaterThan(0);
  expect(undecided(comparison)).toBe(1);
  expect(undecided(compare(two({ factor: 1.05 }), options({ gates: [] })))).toBe(1);
});

test("without gates nothing is held, and the verdicts are there all the same", () => {
  const comparison = compare(two({ factor: 1.2 }), options({ gates: [] }));
  expect(comparison).toMatchObject({ outcome: "pass", exit_code: 0, gates: [] });
  expect(comparison.pairs[0]?.speed?.verdict).toBe("regression");
});

test("two gates on one metric are each held to their own tolerance", () => {
  const gates: Gate[] = [speed, { metric: "speed", tolerance: 0.5 }];
  const comparison = compare(two({ factor: 1.2 }), options({ gates }));
  expect(comparison.gates.map(({ outcome }) => outcome)).toEqual(["regression", "pass"]);
});

/** The first run config again, so many times as noisy, and slower by a constant. */
function twinned(made: Made, { noisier, factor = 1 }: { noisier: number; factor?: number }) {
  const { configs, samples } = two(made);
  const twin = samplesOf("twin").map((sample, place) => {
    const original_s = samples[place]?.time_s ?? 1;
    return { ...sample, time_s: factor * original_s * (sample.time_s / original_s) ** noisier };
  });
  return side([...configs, config("twin", { twin_of: "old" })], [...samples, ...twin]);
}

test("a gate below what the A/A test can tell is refused and decides nothing, unless the effect is far beyond", () => {
  const gated = (run: Side) => compare(run, options({ gates: [speed] }));
  const refused = gated(twinned({}, { noisier: 4 }));
  expect(refused).toMatchObject({
    outcome: "inconclusive",
    exit_code: 3,
    pairs: [{ candidate: { label: "label of new" } }],
  });
  expect(refused.gates.map(({ outcome }) => outcome)).toEqual(["refused"]);
  expect(refused.gates[0]?.message).toMatch(/with 8 blocks this machine can tell no less than \d+\.\d %$/);
  expect(refused.gates[0]?.further).toBeGreaterThan(0);
  expect(refused.machine?.effect).toBeGreaterThan(0.05);
  expect(gated(twinned({ factor: 1.5 }, { noisier: 4 })).outcome).toBe("regression");
  expect(gated(twinned({}, { noisier: 0.2 })).outcome).toBe("pass");
});

test("an A/A test that favours a side is noted", () => {
  const { notes } = compare(twinned({}, { noisier: 0.1, factor: 1.03 }), options());
  expect(notes[0]).toMatch(/^the A\/A test favours one side by 3\.\d %/);
});

test("what eight blocks show for one run config alone is not confirmed among forty", () => {
  const names = Array.from({ length: 40 }, (_, place) => `c${String(place).padStart(2, "0")}`);
  const many = (keys: readonly string[]) =>
    side(
      [config("old"), ...keys.map((key) => config(key))],
      [...samplesOf("old"), ...keys.flatMap((key) => samplesOf(key, { factor: key === "c39" ? 1.2 : 1 }))],
    );
  const [lone] = compare(many(["c39"]), options({ gates: [speed] })).gates;
  const among = compare(many(names), options({ gates: [speed] }));
  expect(lone).toMatchObject({ outcome: "regression", p: 2 ** -8, p_adjusted: 2 ** -8 });
  expect(among.gates.at(-1)).toMatchObject({ outcome: "inconclusive", p: 2 ** -8, p_adjusted: 40 * 2 ** -8 });
  expect(among.gates.at(-1)?.message).toMatch(/5.0 % allowed, not confirmed among 40 gates$/);
});

test.each([
  { what: "failed trials", run: two({ failed: 3 }), reason: "label of new: 3 of 8 trials failed, and at most 5 % may" },
  { what: "missing trials", run: two({ blocks: 5 }), reason: "label of new: 5 of at least 8 trials are there" },
  { what: "mixed documents", run: two({}, { faults: ["it has trials of another run, x"] }), reason: "another run, x" },
  {
    what: "a failed run",
    run: two({}, { failure: { code: "disk_full", message: "no space" } }),
    reason: "it failed (disk_full): no space",
  },
])("a run with $what is invalid, and the reason is given", ({ run, reason }) => {
  const comparison = compare(run, options());
  expect(comparison).toMatchObject({ outcome: "invalid", exit_code: 4 });
  expect(comparison.reasons.join("\n")).toContain(reason);
});

test("where every trial failed that is the reason, and none is said to be missing", () => {
  const { reasons } = compare(two({ failed: 8 }), options());
  expect(reasons).toContain("label of new: 8 of 8 trials failed, and at most 5 % may");
  expect(reasons.join("\n")).not.toContain("trials are there");
});

test("where neither side keeps any rate there is no speed to compare", () => {
  const endless = { factor: Number.POSITIVE_INFINITY };
  const run = side([config("old"), config("new")], [...samplesOf("old", endless), ...samplesOf("new", endless)]);
  for (const baseline of [undefined, run])
    expect(compare({ ...run }, { ...options(), baseline }).pairs[0]?.speed).toBeNull();
});

test("a SUT that did not start makes the comparison unavailable", () => {
  const failure = { code: "loading", message: "the server did not start" };
  expect(compare(two({}, { failure }), options())).toMatchObject({ outcome: "unavailable", exit_code: 5 });
});

test("what a SUT cannot be told is only noted where no gate is to hold it", () => {
  const run = side([config("old"), config("new", { unsupported: ["beam_size"], least_trials: 0 })], samplesOf("old"));
  expect(compare(run, options({ gates: [] }))).toMatchObject({
    outcome: "pass",
    notes: ["label of new was not run: the SUT cannot be told beam_size"],
  });
});

test("a gate that needs something to compare with is invalid where there is one run config alone", () => {
  const comparison = compare(side([config("old")], samplesOf("old")), options({ gates: [speed] }));
  expect(comparison.reasons).toEqual(["the gate on speed holds nothing: there is nothing to compare with"]);
  expect(comparison.exit_code).toBe(4);
});

const earlier = (more: Partial<Side> = {}) => side([config("new")], samplesOf("new"), { run_id: "earlier", ...more });
const now = (made: Made = {}) => side([config("new")], samplesOf("new", made));

test("an earlier run of the same run config is compared without pairing, and the reader is told", () => {
  const comparison = compare(now({ factor: 1.3 }), options({ baseline: earlier() }));
  expect(comparison.paired).toBe(false);
  expect(comparison.notes[0]).toContain("the two runs did not take turns");
  // One trial of each item: the noise of an item cannot be told.
  expect(comparison.pairs[0]?.speed).toMatchObject({ paired: false, verdict: "inconclusive" });
});

test("with several trials of each item it has a verdict", () => {
  const thrice = (made: Made) =>
    [1, 1.01, 0.99].flatMap((noise) => samplesOf("new", { ...made, factor: noise * (made.factor ?? 1) }));
  const before = side([config("new")], thrice({}), { run_id: "earlier" });
  const verdict = (factor: number) =>
    compare(side([config("new")], thrice({ factor })), options({ baseline: before, gates: [speed] })).outcome;
  expect(verdict(1.3)).toBe("regression");
  expect(verdict(1)).toBe("pass");
});

test("without a tolerance of its own an earlier run is held to the usual ones, in what was measured", () => {
  const thrice = (made: Made) =>
    [1, 1.01, 0.99].flatMap((noise) => samplesOf("new", { ...made, factor: noise * (made.factor ?? 1) }));
  const before = side([config("new")], thrice({}), { run_id: "earlier" });
  const held = (made: Made, gates: readonly Gate[] = []) =>
    compare(side([config("new")], thrice(made)), options({ baseline: before, gates }));
  expect(held({}).outcome).toBe("pass");
  expect(held({ factor: 1.3 }).outcome).toBe("regression");
  expect(held({ errors: 3 }).outcome).toBe("regression");
  expect(held({}).gates.map(({ gate }) => gate)).toEqual([
    { metric: "speed", tolerance: 0.05 },
    { metric: "wer", tolerance: 0.005 },
  ]);
  // Whoever names a tolerance for one of them has decided what is held.
  expect(held({ factor: 1.3 }, [wer])).toMatchObject({ outcome: "pass", gates: [{ gate: wer }] });
});

test("runs that share no run config are not comparable, which is no pass", () => {
  const other = side([config("old"), config("older")], [...samplesOf("old"), ...samplesOf("older")]);
  expect(compare(now(), options({ baseline: other, gates: [] }))).toMatchObject({
    outcome: "not-comparable",
    reasons: ["no item was answered in both runs by equal run configs"],
  });
});

test("an earlier run from another environment is not comparable unless forced, and then labelled", () => {
  const baseline = earlier({ environment_key: "elsewhere" });
  const refused = compare(now(), options({ baseline }));
  expect(refused).toMatchObject({ outcome: "not-comparable", exit_code: 6, pairs: [], gates: [] });
  expect(refused.reasons[0]).toContain("elsewhere");
  const forced = compare(now(), options({ baseline, force: true, gates: [wer] }));
  expect(forced.outcome).toBe("pass");
  expect(forced.notes[0]).toMatch(/^forced: the baseline is from another environment/);
});

test("an earlier run in another scenario is not comparable, forced or not", () => {
  const baseline = earlier({ conditions: "offline" });
  expect(compare(now(), options({ baseline, force: true })).outcome).toBe("not-comparable");
});

test("other audio under the same name, or another normalizer, makes it invalid", () => {
  const audio = new Map([["speech/0", "other"]]);
  expect(compare(now(), options({ baseline: earlier({ audio }) })).reasons).toContain(
    "speech/0 is other audio in the baseline",
  );
  const rescored = compare(now(), options({ baseline: earlier({ normalizers: ["whisper-english@1"] }) }));
  expect(rescored.reasons[0]).toContain("in the baseline with whisper-english@1");
});

test("run configs that took no turns are compared with a warning", () => {
  expect(compare(two({}, { interleaved: false }), options()).notes[0]).toContain("ran one after the other");
});

test("the same seed gives the same comparison", () => {
  expect(compare(two({ factor: 1.04 }), options({ seed: 9 }))).toEqual(
    compare(two({ factor: 1.04 }), options({ seed: 9 })),
  );
});

test("a run config that its SUT cannot be told is reported, and no gate holds it", () => {
  const run = two({});
  const unsupported = config("newest", { unsupported: ["beam_size"], least_trials: 0 });
  const comparison = compare({ ...run, configs: [...run.configs, unsupported] }, options());
  expect(comparison.gates).toEqual(compare(run, options()).gates);
  expect(comparison.reasons).toEqual([]);
  expect(comparison.notes).toContain("label of newest was not run: the SUT cannot be told beam_size");
});
