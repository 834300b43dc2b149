/** What `npm run bench:engine` found: the record that `--json` keeps, and the same for a person, in 100 columns. */
import { execFileSync } from "node:child_process";
import { cpus, release, totalmem } from "node:os";
import { checkoutRoot } from "../../src/core/checkout.ts";
import type { Layout } from "../../src/core/tuning.ts";
import type { Corpus } from "./corpus.ts";
import type { Device } from "./device.ts";
import { type ScenarioName, scenarioTitles } from "./options.ts";
import type { Figure, Scenario } from "./scenarios.ts";
import { median, type Ratio, ratioOf } from "./statistics.ts";

/** What a row has given, one entry a block. */
export interface Series {
  figures: Figure[];
  cpuS: number[];
}

export interface RowResult {
  name: string;
  median: number;
  values: number[];
  /** To the scenario's first row; null for that row. */
  ratio: Ratio | null;
  /** To another row, where that is the one to compare with. */
  versus: { row: string; ratio: Ratio } | null;
  /** The most that the last of these two should be. */
  target: number | null;
  met: boolean | null;
  cpu_s: number;
  beside: Record<string, number>;
}

export interface ScenarioResult {
  scenario: ScenarioName;
  title: string;
  unit: string;
  blocks: number;
  rows: RowResult[];
}

export interface Likeness {
  row: string;
  same: number;
  compared: number;
  /** Not compared: decoded above temperature 0, where chance decides. */
  random: number;
}

export interface Memory {
  process: string;
  idle_bytes: number;
  peak_bytes: number;
}

export interface Report {
  at: string;
  /** With `-dirty` where the checkout has changes; null outside a checkout of git. */
  commit: string | null;
  machine: { processor: string; cores: number; memory_bytes: number; system: string; node: string };
  model: string;
  device: Device;
  layout: Layout | null;
  corpus: string;
  scenarios: ScenarioResult[];
  memory: Memory[];
  equality: Likeness[];
}

export function factsOf(options: { model: string; device: Device; layout: Layout | null; corpus: Corpus }) {
  const { model, device, layout, corpus } = options;
  const processor = cpus()[0]?.model ?? "unknown";
  const system = `${process.platform} ${release()} ${process.arch}`;
  return {
    at: new Date().toISOString(),
    commit: commitOf(checkoutRoot),
    machine: { processor, cores: cpus().length, memory_bytes: totalmem(), system, node: process.version },
    model,
    device,
    layout,
    corpus: corpus.description,
  };
}

function commitOf(directory: string): string | null {
  try {
    const git = ["describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"];
    return execFileSync("git", git, { cwd: directory, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
  } catch {
    return null;
  }
}

/** Null where it never ran. */
export function resultOf(scenario: Scenario, seriesOf: (row: string) => Series): ScenarioResult | null {
  const [first] = scenario.rows;
  const valuesOf = (row: string) => seriesOf(row).figures.map(({ value }) => value);
  const reference = first === undefined ? [] : valuesOf(first.name);
  if (reference.length === 0) return null;
  const rows = scenario.rows.map(({ name, versus, target }): RowResult => {
    const values = valuesOf(name);
    const toFirst = ratioOf(values, reference);
    const toOther = versus === undefined ? null : { row: versus, ratio: ratioOf(values, valuesOf(versus)) };
    return {
      name,
      median: median(values),
      values,
      ratio: name === first?.name ? null : toFirst,
      versus: toOther,
      target: target ?? null,
      met: target === undefined ? null : (toOther?.ratio ?? toFirst).median <= target,
      cpu_s: median(seriesOf(name).cpuS),
      beside: besideOf(seriesOf(name).figures),
    };
  });
  const { name, unit } = scenario;
  return { scenario: name, title: scenarioTitles[name], unit, blocks: reference.length, rows };
}

/** Each one's median. */
function besideOf(figures: readonly Figure[]): Record<string, number> {
  const names = Object.keys(figures[0]?.beside ?? {});
  return Object.fromEntries(
    names.map((name) => [name, median(figures.map(({ beside }) => beside?.[name] ?? Number.NaN))]),
  );
}

const describeLayout = ({ workers, threads_per_worker, encode_threads }: Layout) =>
  `${workers} workers x ${threads_per_worker} threads, ${encode_threads} to encode for a lone request`;

export function renderReport(report: Report): string {
  const { machine, device, layout } = report;
  const cores = layout === null ? "" : `; ${describeLayout(layout)}`;
  return [
    `${machine.processor}, ${machine.cores} cores, ${machine.system}`,
    `${report.at}, commit ${report.commit?.replace(/^(.{12})[^-]*/, "$1") ?? "unknown"}`,
    `${report.model} on ${device.device}, ${device.computeType}${cores}`,
    `speech: ${report.corpus}`,
    "ratio: median of the blocks, and (least-most); smaller is better",
    ...report.scenarios.flatMap(scenarioLines),
    ...section(
      "memory of the whole process tree",
      report.memory.map(({ process, idle_bytes, peak_bytes }) => [
        process,
        `idle ${megabytes(idle_bytes)}, peak ${megabytes(peak_bytes)}`,
      ]),
    ),
    ...section(
      "transcripts with the same tokens as plain faster-whisper's",
      report.equality.map(({ row, same, compared, random }) => [
        row,
        `${same} of ${compared}${random === 0 ? "" : ` (${random} more were decoded above temperature 0)`}`,
      ]),
    ),
    "",
  ].join("\n");
}

const nameWidth = 30;

function scenarioLines({ title, unit, blocks, rows }: ScenarioResult): string[] {
  const lines = rows.flatMap((row) => {
    const beside = Object.entries(row.beside).map(([name, value]) => `${name} ${short(value)}`);
    const cells = [
      row.name.padEnd(nameWidth),
      short(row.median).padStart(8),
      (row.ratio === null ? "" : ratioText(row.ratio)).padEnd(17),
      `cpu ${row.cpu_s.toFixed(1)} s`.padEnd(11),
      row.versus === null ? targetText(row) : "",
    ];
    const versus =
      row.versus === null ? [] : [`  to ${row.versus.row}: ${ratioText(row.versus.ratio)}  ${targetText(row)}`];
    const besides = beside.length === 0 ? [] : [`  ${beside.join(", ")}`];
    return [cells.join("  "), ...versus, ...besides];
  });
  const count = blocks === 1 ? "1 block" : `${blocks} blocks`;
  return ["", `${title} (${unit}, ${count})`, ...lines.map((line) => `  ${line}`.trimEnd())];
}

const section = (title: string, rows: [string, string][]) =>
  rows.length === 0 ? [] : ["", title, ...rows.map(([name, text]) => `  ${name.padEnd(nameWidth)}  ${text}`)];

const ratioText = ({ median: middle, least, most }: Ratio) =>
  `${middle.toFixed(2)} (${least.toFixed(2)}-${most.toFixed(2)})`;

const targetText = ({ target, met }: RowResult) =>
  target === null ? "" : `aim ${target.toFixed(2)}: ${met === true ? "met" : "MISSED"}`;

const short = (value: number) => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3));

const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
