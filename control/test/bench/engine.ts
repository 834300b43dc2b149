/** `npm run bench:engine`: the server, and faster-whisper in two layouts, on the same clips in one run, block by block. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { abortOf, exitCodes, processIo } from "../../src/cli/io.ts";
import { createStatusLine } from "../../src/cli/status-line.ts";
import { checkoutRoot } from "../../src/core/checkout.ts";
import { readTuning, writeTuning } from "../../src/core/tuning.ts";
import { weightBytesOf } from "../../src/fleet/footprint.ts";
import { chooseLayout } from "../../src/fleet/layout.ts";
import { modelDir } from "../e2e/direct.ts";
import { startServer } from "../e2e/server.ts";
import { makeCorpus } from "./corpus.ts";
import { chooseDevice, type Device } from "./device.ts";
import { createEstimate, inWords } from "./estimate.ts";
import { readOptions } from "./options.ts";
import { usageOf } from "./process-tree.ts";
import { factsOf, type Likeness, type Memory, type Report, renderReport, resultOf, type Series } from "./report.ts";
import { type Row, type Scenario, type Speakers, speechScenarios } from "./scenarios.ts";
import { type Answer, overHttp, type Process, type Subject, startDirect } from "./subjects.ts";
import { receiverOf, startStarlette, uploadScenario } from "./upload.ts";

const io = processIo();
const read = readOptions(process.argv.slice(2));
if (read.kind !== "options") {
  if (read.kind === "help") io.out(`${read.text}\n`);
  else io.err(`${read.text}\n`);
  process.exit(read.kind === "help" ? 0 : 2);
}
const { blocks, longBlocks, only, model, json } = read.options;
const device: Device = await chooseDevice(read.options).catch((error: Error) => {
  io.err(`${error.message}\n`);
  process.exit(2);
});
if (only.every((name) => name === "sixteen") && device.device === "cpu") {
  io.err("--only sixteen measures what batches gain on a GPU, and everything runs on the processor here\n");
  process.exit(2);
}

const isCuda = device.device === "cuda";
const tuning = readTuning(join(checkoutRoot, ".hum", "data"));
const weightBytes = weightBytesOf({ path: modelDir(model) });
const layout = isCuda
  ? null
  : chooseLayout({ workers: 0, threads_per_worker: 0, use_tuning: true }, { tuning, weightBytes });
const corpus = makeCorpus();
const started: Process[] = [];
const status = createStatusLine(io);

/** To be stopped in the end; at once where that has come. */
function keep<P extends Process>(one: P): P {
  if (io.interrupted.aborted) void one.stop();
  else started.push(one);
  return one;
}

/** A server of its own data directory knows nothing of what was measured in this checkout's. */
function tunedDirectory(): Record<string, string> {
  if (tuning === null) return {};
  const directory = corpus.beside("data");
  writeTuning(directory, tuning);
  return { HUM_DATA_DIR: directory };
}

async function startSpeakers(): Promise<Speakers> {
  const server = await startServer({
    HUM_MODEL: model,
    HUM_DEVICE: device.device,
    HUM_COMPUTE_TYPE: device.computeType,
    ...tunedDirectory(),
  });
  const speakers = {
    server: keep(overHttp("hum-helix", server, { model })),
    defaults: keep(startDirect("faster-whisper", { model, device, layout: null })),
    layout: layout === null ? null : keep(startDirect("faster-whisper, our layout", { model, device, layout })),
    isCuda,
  };
  for (const subject of [speakers.defaults, speakers.layout ?? [], speakers.server].flat()) await warmUp(subject);
  return speakers;
}

async function warmUp(subject: Subject) {
  for (let warm = 0; warm < 2; warm += 1) {
    await subject.transcribe(corpus.lone.path, { language: "en", beam_size: 5 });
  }
}

async function startUpload(): Promise<Scenario> {
  const starlette = keep(await startStarlette());
  const server = await startServer({ HUM_MODEL: "fake:echo", HUM_ALLOW_FAKE_MODELS: "1" });
  const scenario = uploadScenario(corpus.large, [starlette, keep(receiverOf("hum-helix", server))]);
  for (const row of scenario.rows) await row.run(() => undefined);
  return scenario;
}

/** A sidecar gives back what is spare 10 s after its last job; the others do what they do. */
const restMs = 12_000;

const series = new Map<string, Series>();
const seriesOf = (scenario: Scenario, row: string) =>
  series.getOrInsertComputed(`${scenario.name} ${row}`, () => ({ figures: [], cpuS: [] }));

/** What was said in the block, by scenario, row and clip; and how often a row said the same as the one it is held to. */
const said = new Map<string, Answer>();
const likeness = new Map<string, Likeness>();

function hear(answer: Answer, at: { scenario: Scenario; row: Row; key: string }) {
  const { scenario, row, key } = at;
  said.set(`${scenario.name} ${row.name} ${key}`, answer);
  const model = row.versus ?? scenario.rows[0]?.name;
  const wanted = said.get(`${scenario.name} ${model} ${key}`);
  // A row is held to faster-whisper only; its other pipeline makes other parts, and so other text.
  if (wanted === undefined || row.process === scenario.rows[0]?.process) return;
  const count = likeness.getOrInsertComputed(row.name, () => ({ row: row.name, same: 0, compared: 0, random: 0 }));
  // Above temperature 0 decoding is random on both sides: nothing to compare.
  if (wanted.hottest > 0 || answer.hottest > 0) count.random += 1;
  else {
    count.compared += 1;
    if (isDeepStrictEqual(wanted.tokens, answer.tokens)) count.same += 1;
  }
}

async function measure(scenarios: readonly Scenario[]): Promise<void> {
  const turns = Array.from({ length: blocks }, (_, block) =>
    scenarios
      .filter(({ isLong }) => !isLong || block < longBlocks)
      .flatMap((scenario) => scenario.rows.map((row) => ({ block, scenario, row }))),
  ).flat();
  const estimate = createEstimate(
    turns.map(({ scenario, row }) => ({ key: `${scenario.name} ${row.name}`, guessS: scenario.guessS })),
  );
  let lastBlock = -1;
  for (const { block, scenario, row } of turns) {
    const where = `block ${block + 1} of ${blocks}, about ${inWords(estimate.leftS())} left`;
    status.show(`${where}: ${scenario.name}, ${row.name}`);
    // Where nobody watches, a line now and then for whoever reads it later.
    if (!io.terminal.err && block !== lastBlock) io.err(`${where}\n`);
    lastBlock = block;
    const before = usageOf(row.process.pid).cpuS;
    const beganMs = performance.now();
    const figure = await row.run((key, answer) => hear(answer, { scenario, row, key }));
    estimate.took((performance.now() - beganMs) / 1000);
    const { figures, cpuS } = seriesOf(scenario, row.name);
    figures.push(figure);
    cpuS.push(usageOf(row.process.pid).cpuS - before);
  }
}

async function run(): Promise<void> {
  status.show("starting");
  const speakers = only.some((name) => name !== "upload") ? await startSpeakers() : null;
  const heard = speakers === null ? [] : speechScenarios(corpus, speakers);
  const received = only.includes("upload") ? [await startUpload()] : [];
  const scenarios = only.flatMap((name) => [...heard, ...received].filter((scenario) => scenario.name === name));
  status.show("letting all of them rest");
  await delay(restMs);
  const idle = new Map(started.map((one) => [one, usageOf(one.pid).residentBytes]));
  await measure(scenarios);
  status.clear();

  const speaking = speakers === null ? [] : [speakers.defaults, speakers.layout ?? [], speakers.server].flat();
  const report: Report = {
    ...factsOf({ model, device, layout, corpus }),
    scenarios: scenarios.flatMap((scenario) => resultOf(scenario, (row) => seriesOf(scenario, row)) ?? []),
    memory: speaking.map(
      (one): Memory => ({
        process: one.name,
        idle_bytes: idle.get(one) ?? 0,
        peak_bytes: usageOf(one.pid).peakBytes,
      }),
    ),
    equality: [...likeness.values()],
  };
  if (json !== null) writeFileSync(json, `${JSON.stringify(report, null, 2)}\n`);
  io.out(renderReport(report));
}

try {
  const work = run();
  // Interrupted, it ends with the processes that it asks; that is no failure of its own.
  work.catch(() => undefined);
  await Promise.race([work, abortOf(io.interrupted)]);
} finally {
  status.clear();
  await Promise.all(started.map((one) => one.stop()));
  corpus.dispose();
}
// The work goes on nowhere, but would wait for answers that never come.
if (io.interrupted.aborted) process.exit(exitCodes.interrupted);
