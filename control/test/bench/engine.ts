/** `npm run bench:engine`: the server, and faster-whisper in two layouts, on the same clips in one run, block by block. */
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual, parseArgs } from "node:util";
import { checkoutRoot } from "../../src/core/checkout.ts";
import { readTuning } from "../../src/core/tuning.ts";
import { chooseLayout } from "../../src/fleet/layout.ts";
import { startServer } from "../e2e/server.ts";
import { makeCorpus } from "./corpus.ts";
import { usageOf } from "./process-tree.ts";
import { makeScenarios } from "./scenarios.ts";
import { median, ratioOf } from "./statistics.ts";
import { type Answer, overHttp, type Subject, startDirect } from "./subjects.ts";

const { values } = parseArgs({
  options: {
    blocks: { type: "string", default: "5" },
    "long-blocks": { type: "string", default: "1" },
    only: { type: "string", default: "" },
    model: { type: "string", default: "base" },
    json: { type: "string" },
  },
});

function wholeNumber(name: "blocks" | "long-blocks", least: number): number {
  const number = Number(values[name]);
  if (Number.isInteger(number) && number >= least) return number;
  process.stderr.write(`--${name} is ${JSON.stringify(values[name])}; it must be a whole number from ${least}\n`);
  process.exit(2);
}

const blocks = wholeNumber("blocks", 1);
const longBlocks = wholeNumber("long-blocks", 0);
const { model } = values;
const tuning = readTuning(join(checkoutRoot, ".hum", "data"));
const layout = chooseLayout({ workers: 0, threads_per_worker: 0, use_tuning: true }, { tuning });

const corpus = makeCorpus();
const server = await startServer({
  HUM_MODEL: model,
  HUM_WORKERS: String(layout.workers),
  HUM_THREADS_PER_WORKER: String(layout.threads_per_worker),
});
const reference = startDirect("faster-whisper, defaults", { model, layout: null });
const subjects: Subject[] = [
  reference,
  startDirect("faster-whisper, our layout", { model, layout }),
  overHttp("hum-helix", server, { model }),
];
const scenarios = makeScenarios(corpus).filter(({ name }) => name.includes(values.only));

interface Series {
  values: number[];
  cpuS: number[];
}
const series = new Map<string, Series>();
const seriesOf = (scenario: string, subject: Subject) =>
  series.getOrInsertComputed(`${scenario} ${subject.name}`, () => ({ values: [], cpuS: [] }));
/** What faster-whisper with its defaults said, and how often the others said the same. */
const said = new Map<string, Answer>();
const equality = new Map<string, { same: number; compared: number; random: number }>();

function hear(subject: Subject, options: { key: string; answer: Answer }) {
  const { key, answer } = options;
  if (subject === reference) {
    said.set(key, answer);
    return;
  }
  const wanted = said.get(key);
  const count = equality.getOrInsertComputed(subject.name, () => ({ same: 0, compared: 0, random: 0 }));
  // Above temperature 0 decoding is random on both sides: nothing to compare.
  if (wanted === undefined || wanted.hottest > 0 || answer.hottest > 0) count.random += 1;
  else {
    count.compared += 1;
    if (isDeepStrictEqual(wanted.tokens, answer.tokens)) count.same += 1;
  }
}

try {
  for (const subject of subjects) {
    for (let warm = 0; warm < 2; warm += 1)
      await subject.transcribe(corpus.lone.path, { language: "en", beam_size: 5 });
  }
  const idle = new Map(subjects.map((subject) => [subject, usageOf(subject.pid)]));
  for (let block = 0; block < blocks; block += 1) {
    for (const scenario of scenarios) {
      if (scenario.isLong && block >= longBlocks) continue;
      for (const subject of subjects) {
        process.stderr.write(`\rblock ${block + 1} of ${blocks}: ${scenario.name}, ${subject.name}\u001b[K`);
        const one = seriesOf(scenario.name, subject);
        const before = usageOf(subject.pid).cpuS;
        one.values.push(
          await scenario.run(subject, (key, answer) => hear(subject, { key: `${scenario.name} ${key}`, answer })),
        );
        one.cpuS.push(usageOf(subject.pid).cpuS - before);
      }
    }
  }
  process.stderr.write("\r\u001b[K");
  report(idle);
} finally {
  await Promise.all(subjects.map((subject) => subject.stop()));
  corpus.dispose();
}

function report(idle: ReadonlyMap<Subject, { residentBytes: number }>) {
  const rows = scenarios.flatMap((scenario) =>
    subjects.flatMap((subject) => {
      const { values: taken, cpuS } = seriesOf(scenario.name, subject);
      if (taken.length === 0) return [];
      const ratio = ratioOf(taken, seriesOf(scenario.name, reference).values);
      const isMeasured = subject.name === "hum-helix" && scenario.target !== null;
      return [
        {
          scenario: scenario.name,
          subject: subject.name,
          blocks: taken.length,
          median: median(taken),
          unit: scenario.unit,
          ratio,
          cpu_s: median(cpuS),
          target: isMeasured ? scenario.target : null,
          met: isMeasured ? ratio.median <= (scenario.target ?? 0) : null,
        },
      ];
    }),
  );
  const memory = subjects.map((subject) => ({
    subject: subject.name,
    idle_bytes: idle.get(subject)?.residentBytes ?? 0,
    peak_bytes: usageOf(subject.pid).peakBytes,
  }));
  const result = {
    at: new Date().toISOString(),
    processor: cpus()[0]?.model,
    cores: cpus().length,
    model,
    layout,
    corpus: corpus.description,
    rows,
    memory,
    equality: Object.fromEntries(equality),
  };
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(result, null, 2)}\n`);
  const out = (line: string) => process.stdout.write(`${line}\n`);
  out(
    `${result.processor}, ${result.cores} cores; ${model}, int8; ${result.corpus}; layout ${layout.workers} x ${layout.threads_per_worker}`,
  );
  for (const row of rows) {
    const { least, most } = row.ratio;
    const target = row.target === null ? "" : `  target ${row.target.toFixed(2)}: ${row.met ? "met" : "MISSED"}`;
    out(
      `${row.scenario.padEnd(42)} ${row.subject.padEnd(28)} ${row.median.toFixed(3)} ${row.unit.padEnd(7)} ratio ${row.ratio.median.toFixed(2)} (${least.toFixed(2)}-${most.toFixed(2)}, ${row.blocks} blocks)  cpu ${row.cpu_s.toFixed(1)} s${target}`,
    );
  }
  for (const { subject, idle_bytes, peak_bytes } of memory) {
    out(
      `${subject.padEnd(28)} memory idle ${Math.round(idle_bytes / 1e6)} MB, peak ${Math.round(peak_bytes / 1e6)} MB (whole tree)`,
    );
  }
  for (const [subject, { same, compared, random }] of equality) {
    out(
      `${subject.padEnd(28)} tokens equal in ${same} of ${compared} transcripts (${random} not compared: temperature above 0)`,
    );
  }
}
