/** A small real run for tests of the benchmark verbs: the echo engine is measured once, and copies of it stand for other runs. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readResults } from "../../src/bench/results/reader.ts";
import type { RunEndRecord, RunRecord, TrialRecord } from "../../src/bench/results/record.ts";
import { createResults } from "../../src/bench/results/writer.ts";
import { type CliOptions, runCli, samplePath, spawnCli } from "./cli-rig.ts";

export interface Measured {
  /** Holds `defs`, `results`, and what a test writes. */
  directory: string;
  run: RunRecord;
  trials: readonly TrialRecord[];
  end: RunEndRecord;
  cli(...args: string[]): ReturnType<typeof runCli>;
  remove(): void;
}

const definition = (name: string) => `schema: hum-helix/benchmark-definition@1
name: ${name}
description: Two beam sizes of an engine that echoes
workloads:
  - kind: audio
    name: jfk
    audio: ${samplePath}
    language: en
    text: Segment zero, segment one
suts:
  - kind: hum-helix
matrix: { model: ["fake:echo"], beam_size: [1, 2] }
protocol: { warmup: 0, min_trials: 8 }
capture: []
`;

/** Its definition is defs/echo.yaml, and what was measured is the one file in `results`. `args` are more of bench run's. */
export async function measureEcho(...args: string[]): Promise<Measured> {
  const directory = mkdtempSync(join(tmpdir(), "hum-bench-verbs-"));
  const options: CliOptions = {
    cwd: directory,
    env: {
      HUM_ALLOW_FAKE_MODELS: "1",
      HUM_DATA_DIR: join(directory, "data"),
      HUM_BENCH_DEFINITIONS: join(directory, "defs"),
      HUM_BENCH_RESULTS: join(directory, "results"),
    },
  };
  mkdirSync(join(directory, "defs"));
  writeFileSync(join(directory, "defs", "echo.yaml"), definition("echo"));
  const { code, out, err } = await spawnCli(["bench", "run", "echo", "--json", ...args], options).result;
  if (code !== 0) throw new Error([`exit code ${code}`, ...out, ...err].join("\n"));
  const { run, trials, end } = await readResults(JSON.parse(out.join("\n")).file);
  if (end === null) throw new Error("the run has no end");
  return {
    ...{ directory, run, trials, end },
    cli: (...args) => runCli(["bench", ...args], options),
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

export interface Change {
  run?: Partial<RunRecord>;
  trial?: (trial: TrialRecord) => TrialRecord;
  /** So many of its trials. */
  trials?: number;
  /** Null for a run whose harness died. */
  end?: Partial<RunEndRecord> | null;
}

/** The same run once more, changed, as a file in a directory. */
export async function writeLike(measured: Measured, directory: string, change: Change): Promise<string> {
  const run = { ...measured.run, ...change.run };
  const { trial: changed = (trial: TrialRecord) => trial } = change;
  const writer = await createResults(directory, run);
  for (const trial of measured.trials.slice(0, change.trials))
    await writer.append({ ...changed(trial), run_id: run.run_id });
  if (change.end !== null) await writer.append({ ...measured.end, ...change.end, run_id: run.run_id });
  await writer.close();
  return writer.file;
}

/** Times that a clock could have given, with next to no noise; the engine's own are too short to be judged. */
export function timed(latency_s: number): (trial: TrialRecord) => TrialRecord {
  return (trial) => {
    const seconds = latency_s * (1 + 0.001 * (trial.iteration % 3));
    return { ...trial, timing: { ...trial.timing, total_s: seconds, latency_s: seconds } };
  };
}
