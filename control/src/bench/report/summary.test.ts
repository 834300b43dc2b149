import { expect, test } from "vitest";
import { makeEnd, makeRun, makeTrial } from "../../../test/bench-records.ts";
import type { TrialRecord } from "../results/record.ts";
import { headlineMetrics } from "./headline.ts";
import { metrics } from "./metrics.ts";
import { summarizeRun } from "./summary.ts";

const [first] = makeRun().configs;
const [silence] = makeRun().items;
if (first === undefined || silence === undefined) throw new Error("the example has a run config and an item");
const speech = { ...silence, key: "speech/1", duration_s: 10, text: "one two three four", expect: "speech" as const };
const longer = { ...speech, key: "speech/2", duration_s: 30 };
const run = makeRun({ items: [speech, longer] });

function trial(
  item: { key: string; duration_s: number },
  total_s: number,
  over: Partial<TrialRecord> = {},
): TrialRecord {
  const base = makeTrial();
  return makeTrial({
    workload: { item: item.key, requests: 1, audio_s: item.duration_s },
    metrics: {},
    ...over,
    timing: { ...base.timing, ...over.timing, total_s, latency_s: total_s },
  });
}

function configOf(trials: TrialRecord[], over: Partial<Parameters<typeof summarizeRun>[0]["run"]> = {}) {
  const [config] = summarizeRun({ run: { ...run, ...over }, trials, ends: [] }).configs;
  if (config === undefined) throw new Error("the run has a run config");
  return config;
}

test("RTFx is the audio of all items over the sum of their median times: an outlier and more trials of one item move nothing", () => {
  const config = configOf([
    trial(speech, 1),
    trial(speech, 1.1),
    trial(speech, 50),
    trial(speech, 1.1),
    trial(speech, 1.1),
    trial(longer, 2.9),
  ]);
  expect(config.metrics.rtfx).toBeCloseTo(40 / 4);
  expect(config.metrics.rtf).toBeCloseTo(0.1);
  expect(config.intervals.rtfx?.high).toBeGreaterThan(10);
  expect(config.metrics.audio_s).toBe(80);
});

test("run configs that differ in anything are never taken together", () => {
  const vad = { ...first, config_key: "2e20000000000000", label: "hum-helix vad_filter=true" };
  const { configs } = summarizeRun({
    run: { ...run, configs: [first, vad] },
    trials: [trial(speech, 1), trial(speech, 2, { config_key: vad.config_key })],
    ends: [],
  });
  expect(configs.map(({ label, metrics: { rtfx } }) => [label, rtfx])).toEqual([
    [first.label, 10],
    [vad.label, 5],
  ]);
});

test("warm-up trials do not count, but tell what the first inference takes", () => {
  const config = configOf([
    trial(speech, 9, { warmup: true, timing: { ...makeTrial().timing, process_start_s: 0.5, load_s: 2 } }),
    trial(speech, 1),
  ]);
  expect(config.trials).toEqual({ ok: 1, error: 0, timeout: 0, invalid: 0, warmup: 1 });
  expect(config.metrics).toMatchObject({ rtfx: 10, process_start_s: 0.5, load_s: 2 });
});

test("failed trials are counted, grouped by their reason, and in no figure", () => {
  const error = { code: "engine_failed", message: "the engine ended with signal 9" };
  const config = configOf([
    trial(speech, 1),
    trial(speech, 0.1, { status: "error", error }),
    trial(longer, 0.1, { status: "error", error }),
    trial(longer, 60, { status: "timeout", error: null }),
  ]);
  expect(config.trials).toMatchObject({ ok: 1, error: 2, timeout: 1 });
  expect(config.failures).toEqual([
    { status: "error", ...error, count: 2 },
    { status: "timeout", code: "timeout", message: "", count: 1 },
  ]);
  expect(config.metrics).toMatchObject({ rtfx: 10, failure_rate: 0.75, latency_median_s: 1 });
});

test("WER is pooled over items, each by the mean of its trials, so that a failed trial shifts no weights", () => {
  const scored = (words: number, errors: number) => ({
    metrics: { words, errors, substitutions: errors, deletions: 0, insertions: 0 },
  });
  const config = configOf([
    trial(speech, 1, scored(4, 2)),
    trial(longer, 1, scored(12, 0)),
    trial(longer, 1, scored(12, 0)),
    trial(longer, 1, scored(12, 0)),
  ]);
  expect(config.metrics.wer).toBe(2 / 16);
  expect(config.metrics).toMatchObject({ words: 40, substitutions: 2, deletions: 0, insertions: 0 });
  expect(config.intervals.wer).toBeUndefined();
});

test("percentiles are told from enough samples only", () => {
  const many = (count: number) => Array.from({ length: count }, (_, index) => trial(speech, 1 + index / count));
  expect(configOf(many(63)).metrics).toMatchObject({ latency_p90_s: null, latency_p95_s: null });
  expect(configOf(many(64)).metrics.latency_p90_s).toBeCloseTo(1.89, 1);
  expect(configOf(many(130)).metrics).toMatchObject({ latency_p95_s: expect.any(Number), latency_p99_s: null });
});

test("words where nothing is said are hallucinations and no word errors", () => {
  const metricsOf = (words: number) => ({
    nonspeech_s: 5,
    nonspeech_nonempty: words > 0 ? 1 : 0,
    hallucinated_words: words,
    repeated_5grams: 0,
  });
  const trials = [trial(silence, 1, { metrics: metricsOf(4) }), trial(silence, 1, { metrics: metricsOf(0) })];
  const config = configOf(trials, { items: [silence] });
  expect(config.metrics).toMatchObject({
    wer: null,
    hallucination_rate: 0.5,
    hallucinated_wpm: 24,
    repeated_5grams: 0,
  });
});

test("a load scenario has its rate, and latencies from the intended arrival", () => {
  const request = (intended_s: number, done_s: number) => ({
    item: speech.key,
    intended_s,
    sent_s: intended_s + 0.5,
    done_s,
    first_segment_s: null,
    status: "ok" as const,
    error: null,
    text: "one",
  });
  const load = makeTrial({
    scenario: "server",
    workload: { item: null, requests: 2, audio_s: 20 },
    metrics: { rtfx: 5 },
    output: null,
    requests: [request(0, 1), request(1, 4)],
    timing: { ...makeTrial().timing, total_s: 4, latency_s: null },
  });
  const config = configOf([load]);
  expect(config.metrics).toMatchObject({ requests_per_s: 0.5, latency_median_s: 2, rtfx: 5 });
  expect(config.samples).toBe(2);
});

test("items that got more than one text are named", () => {
  const said = (text: string) => ({ output: { text, language: "en", segments: null } });
  expect(configOf([trial(speech, 1, said("a")), trial(speech, 1, said("a"))]).metrics.nondeterministic_items).toBe(0);
  const config = configOf([trial(speech, 1, said("a")), trial(speech, 1, said("b")), trial(longer, 1, said("c"))]);
  expect(config.unsteady).toEqual([speech.key]);
  expect(configOf([trial(speech, 1)]).metrics.nondeterministic_items).toBeNull();
});

test("an unsupported run config is listed as such, with nothing measured", () => {
  const config = configOf([], { configs: [{ ...first, unsupported: ["beam_size"] }] });
  expect(config.unsupported).toEqual(["beam_size"]);
  expect(config.metrics).toMatchObject({ rtfx: null, wer: null, failure_rate: null });
});

test("stages are means over items, and what they leave of the time is other", () => {
  const stages = { decode: 0.25, generate: 0.5 };
  const config = configOf([trial(speech, 1, { timing: { ...makeTrial().timing, stages } })]);
  expect(config.stages).toEqual({ decode: 0.25, generate: 0.5, other: 0.25 });
});

test("a run is told with its last end, its sessions and the harness's own share", () => {
  const ends = [
    makeEnd({ session: 0, status: "interrupted", harness_cpu_s: 0.5, wall_s: 60 }),
    makeEnd({ session: 1, status: "complete", harness_cpu_s: 0.1, wall_s: 40 }),
  ];
  const summary = summarizeRun({ run, trials: [], ends });
  expect(summary).toMatchObject({ status: "complete", sessions: 2, harness_cpu_share: 0.006, audio_s: 40, items: 2 });
  expect(summarizeRun({ run, trials: [], ends: [] })).toMatchObject({ status: "unfinished", ended: null });
});

test("every metric of the dictionary is in a summary, and the headline's are in the dictionary", () => {
  expect(new Set(Object.keys(configOf([]).metrics))).toEqual(new Set(Object.keys(metrics)));
  expect(Object.keys(metrics)).toEqual(expect.arrayContaining([...headlineMetrics]));
});
