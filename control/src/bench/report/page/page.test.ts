import { Script } from "node:vm";
import { expect, test } from "vitest";
import { sampleRun } from "../../../../test/bench-run.ts";
import { summarizeRun } from "../summary.ts";
import { compareRuns } from "./compare-runs.ts";
import { pageDataOf } from "./pack.ts";
import { renderResultsPage } from "./results-page.ts";
import { averageRows, axesOf, filterRows, sortRows, unpackRows, warningOf } from "./rows.ts";

const matrix = { model: ["tiny", "base"], compute_type: ["int8", "float32"], beam_size: [5] };
const hostile = "</script><b>box";
const summaries = [
  summarizeRun(sampleRun({ seed: 1, matrix, iterations: 2, items: 4, started: "2026-11-01T08:00:00.000Z" })),
  summarizeRun(sampleRun({ seed: 2, matrix, iterations: 2, items: 4, slower: 2, started: "2026-11-02T08:00:00.000Z" })),
  summarizeRun(
    sampleRun({
      seed: 3,
      matrix,
      iterations: 2,
      items: 4,
      environment_key: "another",
      host: hostile,
      started: "2026-11-03T08:00:00.000Z",
    }),
  ),
];
const rows = unpackRows(pageDataOf(summaries));
const axes = axesOf(rows);
const names = axes.map(({ name }) => name);

test("every run config of every run is a row, with its numbers to six digits", () => {
  expect(rows).toHaveLength(3 * 12);
  const [first] = rows;
  const source = summaries[2]?.configs.find(({ config_key }) => config_key === first?.config.config_key);
  expect(first?.run.run_id).toBe(summaries[2]?.run_id);
  expect(first?.metrics.rtfx).toBeCloseTo(source?.metrics.rtfx ?? 0, 3);
  expect(first?.metrics.gpu_memory_peak_bytes).toBeNull();
});

test("what the rows differ in are the axes, and any of their values filters", () => {
  expect(axes).toMatchObject([
    { name: "run", values: { length: 3 } },
    { name: "environment", values: { length: 2 } },
    { name: "sut", values: ["faster-whisper", "hum-helix", "peer"] },
    { name: "model", values: ["base", "tiny"] },
    { name: "compute_type", values: ["float32", "int8"] },
  ]);
  const chosen = new Map([
    ["model", new Set(["tiny"])],
    ["sut", new Set(["hum-helix", "peer"])],
    ["run", new Set<string>()],
  ]);
  const filtered = filterRows(rows, chosen);
  expect(filtered).toHaveLength(3 * 4);
  expect(new Set(filtered.map(({ config }) => config.parameters.model))).toEqual(new Set(["tiny"]));
});

test("speeds are averaged geometrically, errors by their words, counts are summed", () => {
  const two = filterRows(
    rows,
    new Map([
      ["sut", new Set(["hum-helix"])],
      ["model", new Set(["tiny"])],
    ]),
  ).slice(0, 2);
  const [a, b] = two;
  if (a === undefined || b === undefined) throw new Error("there are two rows");
  a.metrics.wer = 0.1;
  a.metrics.words = 300;
  b.metrics.wer = 0.2;
  b.metrics.words = 100;
  const [average] = averageRows(two, { axes: names, over: new Set(["compute_type"]) });
  expect(average?.metrics.rtfx).toBeCloseTo(Math.sqrt((a.metrics.rtfx ?? 0) * (b.metrics.rtfx ?? 0)));
  expect(average?.metrics.wer).toBeCloseTo(0.125);
  expect(average?.metrics.words).toBe(400);
  expect(average?.ok).toBe(a.ok + b.ok);
});

test("no average comes without a warning of what it mixes, unless it is over runs alone", () => {
  const over = (...axesOver: string[]) => warningOf(averageRows(rows, { axes: names, over: new Set(axesOver) }));
  expect(over()).toBeNull();
  const oneMachine = rows.filter(({ run }) => run.environment_key !== "another");
  expect(warningOf(averageRows(oneMachine, { axes: names, over: new Set(["run"]) }))).toBeNull();
  expect(over("compute_type")).toBe("Each row is an average over compute_type: no such thing was run.");
  expect(over("run", "environment")).toContain("It mixes machines");
  const uneven = rows.filter(({ config }) => !(config.sut === "peer" && config.parameters.compute_type === "int8"));
  expect(warningOf(averageRows(uneven, { axes: names, over: new Set(["compute_type"]) }))).toContain(
    "different sets of run configs",
  );
});

test("rows are sorted by a metric with its better end first, and what is unknown last either way", () => {
  const shown = averageRows(rows, { axes: names, over: new Set() });
  const [one, other] = shown;
  if (one === undefined || other === undefined) throw new Error("there are rows");
  const withNull = [{ ...one, metrics: { ...one.metrics, rtfx: null } }, ...shown];
  const fastest = sortRows(withNull, { by: "rtfx", reversed: false }).map(({ metrics }) => metrics.rtfx);
  expect(fastest[0]).toBe(Math.max(...rows.map(({ metrics }) => metrics.rtfx ?? 0)));
  expect(fastest.at(-1)).toBeNull();
  const slowest = sortRows(withNull, { by: "rtfx", reversed: true }).map(({ metrics }) => metrics.rtfx);
  expect(slowest.at(-1)).toBeNull();
  expect(slowest[0]).toBe(fastest.at(-2));
  const byWords = sortRows(shown, { by: "model", reversed: false }).map(({ values }) => values.model);
  expect(byWords).toEqual([...new Array(18).fill("base"), ...new Array(18).fill("tiny")]);
});

test("two runs are compared by their run configs, and told whether they can be", () => {
  const [third, second, first] = [...new Set(rows.map(({ run }) => run))];
  if (first === undefined || second === undefined || third === undefined) throw new Error("there are three runs");
  const compared = compareRuns(rows, [first, second]);
  expect(compared.differences).toEqual([]);
  expect(compared.configs).toHaveLength(12);
  expect(compared.configs[0]?.ratios.rtfx).toBeCloseTo(0.5, 1);
  expect(compared.configs[0]?.ratios.gpu_memory_peak_bytes).toBeNull();
  expect(compareRuns(rows, [first, third]).differences[0]).toMatch(/^They ran on different machines/);
  const part = compareRuns(rows.slice(0, 26), [first, second]);
  expect(part.onlySecond.length).toBe(10);
});

test("the page holds the data of all runs in its own script's reach, and nothing of it as markup", () => {
  const page = renderResultsPage(summaries, { unread: [{ file: `${hostile}.yaml`, reason: "line 1: no run" }] });
  expect(page).toContain("3 runs, 12 run configs, 36 rows.");
  expect(page).not.toContain("<b>box");
  const data = JSON.parse(/id="data">([\s\S]*?)<\/script>/.exec(page)?.[1] ?? "");
  expect(unpackRows(data)).toHaveLength(36);
  expect(() => new Script(/<script>([\s\S]*?)<\/script>/.exec(page)?.[1] ?? "(")).not.toThrow();
  expect(page).toContain("default-src 'none'");
});

test("a page of no run at all is a page", () => {
  expect(renderResultsPage([])).toContain("0 runs");
});
