import { expect, test } from "vitest";
import { makeTrial } from "../../../test/bench-records.ts";
import { sampleRun } from "../../../test/bench-run.ts";
import { compareRun } from "../compare/compare-run.ts";
import type { Gate } from "../definition/schema.ts";
import type { RunDocuments } from "../results/reader.ts";
import { renderJunit } from "./junit.ts";
import { renderMarkdown } from "./markdown.ts";
import { summarizeRun } from "./summary.ts";
import { renderTerminal } from "./terminal.ts";
import { textTable, wrapText } from "./text-table.ts";
import { sentenceOf, verdictLines } from "./verdict-lines.ts";

const matrix = { model: ["base"], compute_type: ["int8"], beam_size: [1, 5] };

function withGates(documents: RunDocuments, gates: Gate[]): RunDocuments {
  return { ...documents, run: { ...documents.run, definition: { ...documents.run.definition, gates } } };
}

const run = withGates(sampleRun({ matrix, iterations: 4 }), [
  { metric: "speed", tolerance: 0.05 },
  { metric: "rtfx", at_least: 1000 },
]);
const summary = summarizeRun(run);
const comparison = compareRun(run);

test("a verdict is a sentence with the effect, its interval, the tolerance and what follows", () => {
  const lines = verdictLines(comparison).filter(({ metric }) => metric === "speed");
  expect(lines.map(({ subject, verdict }) => [subject, verdict])).toEqual([
    ["hum-helix beam_size=1", "unchanged"],
    ["hum-helix beam_size=5", "unchanged"],
    ["peer beam_size=5", "regression"],
  ]);
  expect(lines.map(sentenceOf)[0]).toMatch(
    /^hum-helix beam_size=1: \d\.\d % slower than faster-whisper \(95 %: (\d\.\d to|\d\.\d % less to) \d\.\d % more time\), within the tolerance of 5 %: unchanged$/,
  );
  expect(lines.map(sentenceOf)[2]).toMatch(/more time\), beyond the tolerance of 5 %: regression$/);
});

test("where nothing can be said it says so, and what it would take", () => {
  const few = sampleRun({ matrix: { ...matrix, beam_size: [5] }, items: 3, iterations: 1 });
  const [line] = verdictLines(compareRun(few));
  expect(line && sentenceOf(line)).toMatch(
    /neither surely within nor beyond the tolerance of 5 %: inconclusive, from 3 blocks only, and it takes at least 6$/,
  );
});

test("a terminal of 100 columns holds every line, with the figures and the verdict", () => {
  const text = renderTerminal(summary, { comparison });
  expect(text.split("\n").filter((line) => line.length > 100)).toEqual([]);
  expect(text).toMatch(/^RUN CONFIG +TRIALS +RTFx +LATENCY +WER +MEMORY/m);
  expect(text).toContain("peer cannot be told beam_size: 1 run config not run\n");
  expect(text).toContain("gate rtfx, hum-helix beam_size=1: regression: rtfx is");
  expect(text).toContain("\nVerdict: regression (exit code 1)\n");
  expect(text.match(/was not run/g)).toBeNull();
});

test("without a comparison there are the figures alone", () => {
  const text = renderTerminal(summary, { comparison: null });
  expect(text).not.toContain("Verdict");
  expect(text).toContain("hum-helix beam_size=5");
});

test("long labels lose their middle, and a narrow table its least important columns", () => {
  const cells = (text: string) => [text];
  const table = textTable(
    [
      {
        head: "RUN CONFIG",
        align: "left",
        cells: cells("hum-helix base int8 beam_size=5 vad_filter=true word_timestamps=false"),
      },
      { head: "RTFx", align: "right", cells: cells("12.3") },
      { head: "WER", align: "right", cells: cells("4.10 %") },
      { head: "LEAST", align: "right", cells: cells("0.0123") },
    ],
    { width: 62 },
  );
  expect(table).toBe(
    "RUN CONFIG                                        RTFx     WER\n" +
      "hum-helix base int8…r=true word_timestamps=false  12.3  4.10 %\n",
  );
  expect(wrapText("one two three", { width: 9, indent: "  " })).toBe("one two\n  three\n");
});

const hostile = ']]></testcase><img src=x onerror=alert(1)> | `*_ \u0000\u0007 \ud800 & "';
const broken: RunDocuments = {
  ...run,
  run: {
    ...run.run,
    name: hostile,
    environment: { ...run.run.environment, host: hostile },
    configs: run.run.configs.map((config) => ({ ...config, label: `${config.label} ${hostile}` })),
  },
  trials: run.trials.map((trial, place) =>
    place % 9 === 8 ? { ...trial, status: "error", error: { code: "bad", message: hostile } } : trial,
  ),
};

test("Markdown shows names and messages as they are, and the worst first", () => {
  const text = renderMarkdown(summarizeRun(broken), { comparison: compareRun(broken) });
  expect(text).not.toContain("<img");
  const rows = text.split("\n").filter((line) => line.startsWith("|"));
  expect(new Set(rows.map((row) => row.replaceAll("\\|", "").split("|").length)).size).toBe(1);
  expect(text.indexOf("**regression**")).toBeLessThan(text.indexOf("**unchanged**"));
  expect(text).toContain("<details><summary>");
});

test("JUnit has a case for each gate and run config, and its counts are those of its cases", () => {
  const xml = renderJunit(summary, { comparison });
  const cases = [...xml.matchAll(/<testcase classname="([^"]*)" name="([^"]*)"[^>]*>(<(\w+))?/g)].map(
    ([, className, name, , child]) => [className, name, child],
  );
  expect(cases).toEqual([
    ["benchmark.whisper-matrix", "the run is valid", undefined],
    [
      "benchmark.whisper-matrix",
      "hum-helix beam_size=1: speed within 5 % against faster-whisper beam_size=1",
      undefined,
    ],
    [
      "benchmark.whisper-matrix",
      "hum-helix beam_size=5: speed within 5 % against faster-whisper beam_size=5",
      undefined,
    ],
    ["benchmark.whisper-matrix", "peer beam_size=5: speed within 5 % against faster-whisper beam_size=5", "failure"],
    // The peer cannot be told beam_size, so that nothing is asked of that run config.
    ...summary.configs
      .filter(({ unsupported }) => unsupported.length === 0)
      .map(({ label }) => ["benchmark.whisper-matrix", `${label}: rtfx at least 1000`, "failure"]),
  ]);
  expect(xml).toContain(`tests="${cases.length}" failures="6" errors="0" skipped="0"`);
});

test("gates without a decision are skipped tests, and a run that failed is an error", () => {
  const few = withGates(sampleRun({ matrix: { ...matrix, beam_size: [5] }, items: 3, iterations: 1 }), [
    { metric: "speed", tolerance: 0.05 },
  ]);
  const xml = renderJunit(summarizeRun(few), { comparison: compareRun(few) });
  expect(xml).toMatch(/<skipped message="inconclusive: /);
  const ends = few.ends.map((end) => ({
    ...end,
    status: "failed" as const,
    error: { code: "loading", message: "no model" },
  }));
  const failed = renderJunit(summarizeRun({ ...few, ends }), { comparison: null });
  expect(failed).toContain('<error type="invalid" message="it failed: loading: no model">');
});

test("JUnit is well-formed whatever names and messages hold", () => {
  const xml = renderJunit(summarizeRun(broken), { comparison: compareRun(broken) });
  expect(unclosedTags(xml)).toEqual([]);
  expect(xml.isWellFormed()).toBe(true);
  expect(xml).not.toMatch(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd]/);
  expect(xml).toContain("\ufffd");
});

/** Tags that are not closed in turn, and text in which something is not escaped. */
function unclosedTags(xml: string): string[] {
  const open: string[] = [];
  const faults: string[] = [];
  for (const [, end, name = "", attributes = "", text = ""] of xml.matchAll(
    /<(\/?)(\w+)((?: \w+="[^"<]*")*)>([^<]*)/g,
  )) {
    if (end === "") open.push(name);
    else if (open.pop() !== name) faults.push(name);
    if (/&(?!(amp|lt|gt|quot|#39);)|\]\]>/.test(text + attributes)) faults.push(text);
  }
  return [...faults, ...open];
}

test("a failed trial is told with its reason and how often it was", () => {
  const error = { code: "engine_failed", message: "signal 9" };
  const trial = makeTrial({ ...run.trials.at(-1), status: "error", error });
  const text = renderTerminal(summarizeRun({ ...run, trials: [...run.trials.slice(0, -2), trial, trial] }), {
    comparison: null,
  });
  expect(text).toMatch(/: \d × error \(engine_failed\): signal 9/);
});
