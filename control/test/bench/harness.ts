/**
 * `npm run bench:harness`: what the benchmark system's own harness costs, with the echo engine, which costs next to nothing.
 *
 * Per trial: the wall-clock time from one answer to the moment when the next trial's request is sent, in a run as users
 * have it, through definition, runner, capture, scoring and result file. It is the distance of two trials' starts less
 * the latency that was measured in between. A trial counts as done when it is on the disk, which no harness can make
 * faster: the same is therefore measured once with results in memory (/dev/shm) and once on the disk.
 *
 * In the server scenario: processor time of this process over the wall-clock time of a trial, in per cent of one core,
 * sending, scoring the answers and writing the document included. 10 requests a second of 11 s of speech are 110 times
 * real time, more than this project's server reaches with its smallest model on 2 cores.
 *
 * The targets, 1 ms and 1 %, are of a machine that does nothing else.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { ScenarioDefinition } from "../../src/bench/definition/scenario.ts";
import type { TrialRecord } from "../../src/bench/results/record.ts";
import { runBenchmark } from "../../src/bench/runner/harness.ts";
import { median, quantile } from "../../src/bench/stats/quantile.ts";
import { checkoutRoot } from "../../src/core/checkout.ts";
import { systemClock } from "../../src/core/clock.ts";
import { samplePath } from "../e2e/server.ts";

const { values } = parseArgs({
  options: {
    trials: { type: "string", default: "300" },
    rates: { type: "string", default: "10,50" },
    seconds: { type: "string", default: "15" },
    json: { type: "boolean", default: false },
  },
});
const trialCount = Number(values.trials);
const rates = values.rates.split(",").map(Number);
const seconds = Number(values.seconds);
if (![trialCount, seconds, ...rates].every((number) => number > 0)) {
  process.stderr.write("--trials, --rates and --seconds must be numbers above 0, rates with commas between\n");
  process.exit(2);
}

const directory = mkdtempSync(join(tmpdir(), "hum-harness-"));
const memory = existsSync("/dev/shm") ? mkdtempSync("/dev/shm/hum-harness-") : null;
const interrupted = new AbortController();
process.once("SIGINT", () => interrupted.abort());

/** Wall-clock and processor time around a trial that counts. */
interface Measured {
  trial: TrialRecord;
  wall_s: number;
  cpu_s: number;
}

async function run(
  name: string,
  options: { scenario: Partial<ScenarioDefinition>; trials: number; out: string },
): Promise<Measured[]> {
  const file = join(directory, `${name}.yaml`);
  const definition = {
    schema: "hum-helix/benchmark-definition@1",
    name,
    // The echo engine says something else, at any rate: its errors are counted as those of any other.
    workloads: [{ kind: "audio", name: "jfk", audio: samplePath, text: "ask not what your country can do for you" }],
    suts: [{ kind: "hum-helix" }],
    matrix: { model: ["fake:echo"] },
    scenario: options.scenario,
    protocol: { warmup: 3, min_trials: options.trials },
  };
  writeFileSync(file, JSON.stringify(definition));
  const measured: Measured[] = [];
  let before = { wallMs: 0, cpu: process.cpuUsage() };
  await runBenchmark({
    definition: file,
    out: options.out,
    cacheDir: join(directory, "cache"),
    python: join(checkoutRoot, ".venv", "bin", "python"),
    context: { env: { ...process.env, HUM_ALLOW_FAKE_MODELS: "1" }, cwd: checkoutRoot },
    command: ["npm", "run", "bench:harness"],
    trials: null,
    takeUp: false,
    force: false,
    clock: systemClock,
    signal: interrupted.signal,
    listener: {
      onPreparing: () => undefined,
      onNote: () => undefined,
      onStarted: () => undefined,
      onProgress: ({ step }) => {
        if (step === "trial") before = { wallMs: performance.now(), cpu: process.cpuUsage() };
      },
      onTrial(_, trial) {
        if (trial.warmup) return;
        const { user, system } = process.cpuUsage(before.cpu);
        measured.push({ trial, wall_s: (performance.now() - before.wallMs) / 1000, cpu_s: (user + system) / 1e6 });
      },
    },
  });
  interrupted.signal.throwIfAborted();
  const failed = measured.find(({ trial }) => trial.status !== "ok");
  if (failed !== undefined) throw new Error(`a trial failed: ${JSON.stringify(failed.trial.error)}`);
  return measured;
}

async function perTrial(out: string) {
  const measured = await run("single", { scenario: { kind: "single-stream" }, trials: trialCount, out });
  const between = measured.slice(1).map(({ trial }, index) => {
    const before = (measured[index] as Measured).trial.timing;
    return trial.timing.offset_s - before.offset_s - (before.latency_s ?? Number.NaN);
  });
  const sorted = between.toSorted((a, b) => a - b);
  return {
    trials: measured.length,
    p50_s: quantile(sorted, 0.5),
    p95_s: quantile(sorted, 0.95),
    cpu_p50_s: median(measured.map(({ cpu_s }) => cpu_s)),
    latency_p50_s: median(measured.map(({ trial }) => trial.timing.latency_s ?? Number.NaN)),
  };
}

async function atRate(rate: number) {
  const requests = Math.ceil(rate * seconds);
  const measured = await run(`rate-${rate}`, {
    scenario: { kind: "server", rate, requests },
    trials: 2,
    out: directory,
  });
  const wall_s = measured.reduce((sum, one) => sum + one.wall_s, 0);
  const cpu_s = measured.reduce((sum, one) => sum + one.cpu_s, 0);
  const late = measured.flatMap(({ trial }) => trial.requests.map(({ sent_s, intended_s }) => sent_s - intended_s));
  return {
    rate,
    requests: measured.length * requests,
    cpu_share: cpu_s / wall_s,
    cpu_per_request_s: cpu_s / (measured.length * requests),
    late_p99_s: quantile(
      late.toSorted((a, b) => a - b),
      0.99,
    ),
  };
}

const ms = (value: number) => `${(value * 1000).toFixed(2)} ms`;

try {
  const places = memory === null ? { "on disk": directory } : { "in memory": memory, "on disk": directory };
  const trials: Record<string, Awaited<ReturnType<typeof perTrial>>> = {};
  for (const [name, out] of Object.entries(places)) trials[name] = await perTrial(out);
  const servers: Awaited<ReturnType<typeof atRate>>[] = [];
  for (const rate of rates) servers.push(await atRate(rate));
  const lines = [
    ...Object.entries(trials).map(
      ([name, { p50_s, p95_s, cpu_p50_s, latency_p50_s, trials: count }]) =>
        `between two trials, results ${name.padEnd(9)}  p50 ${ms(p50_s)}, p95 ${ms(p95_s)} over ${count} trials; processor time of a whole trial p50 ${ms(cpu_p50_s)}, its request p50 ${ms(latency_p50_s)}`,
    ),
    ...servers.map(
      ({ rate, requests, cpu_share, cpu_per_request_s, late_p99_s }) =>
        `server, ${String(rate).padStart(3)} requests a second        ${(100 * cpu_share).toFixed(2)} % of one core, ${ms(cpu_per_request_s)} a request over ${requests}; sent ${ms(late_p99_s)} late at p99`,
    ),
  ];
  process.stdout.write(values.json ? `${JSON.stringify({ trials, servers })}\n` : `${lines.join("\n")}\n`);
} finally {
  rmSync(directory, { recursive: true, force: true });
  if (memory !== null) rmSync(memory, { recursive: true, force: true });
}
