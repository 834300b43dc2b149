/** `hum-helix bench run`: executes a benchmark definition; every trial is on disk when it has ended, and the exit code is the verdict. */
import { join, relative } from "node:path";
import { definitionNames } from "../../bench/definition/names.ts";
import { summarizeRun } from "../../bench/report/summary.ts";
import { renderTerminal } from "../../bench/report/terminal.ts";
import type { RunRecord, TrialRecord } from "../../bench/results/record.ts";
import { runBenchmark } from "../../bench/runner/harness.ts";
import { systemClock } from "../../core/clock.ts";
import type { Config } from "../../core/config.ts";
import { configOption, defineCommand, jsonOption, usageError } from "../command.ts";
import { type ExitCode, exitCodes, type Io } from "../io.ts";
import { loadSettings } from "../settings.ts";
import { createStatusLine } from "../status-line.ts";
import { findDefinition } from "./definitions.ts";
import { benchFailure, exitCodeHelp } from "./failure.ts";
import { describeProgress } from "./progress.ts";
import { reportOptions, reportProblem, takesOutput, writeReports } from "./reports.ts";
import { dirOption, forceOption, resultsDirectory } from "./results.ts";

export const benchRun = defineCommand({
  name: "bench run",
  summary: "Run a benchmark definition, and hold what it measures against its baseline",
  details: `DEFINITION is a file, or the name of one in configs/bench, such as smoke. Each trial is on the disk when it has ended:
Ctrl-C leaves a valid result file, and the same command goes on in it.

${exitCodeHelp}
Ctrl-C ends it with 130.`,
  operands: { least: 0, most: 1 },
  operandName: "DEFINITION",
  options: {
    out: dirOption,
    trials: { type: "string", value: "N", help: "run N blocks, in place of min_trials and max_trials" },
    fresh: { type: "boolean", help: "begin anew where an unfinished run of the same plan is found" },
    force: forceOption,
    json: { ...jsonOption, help: "print the summary and the verdicts as JSON" },
    ...reportOptions,
    config: configOption,
  },
  failure: benchFailure,
  async run({ values, operands }, io) {
    const [asked] = operands;
    const problem = trialsProblem(values.trials) ?? reportProblem(values, { json: values.json, cwd: io.cwd });
    if (problem !== null) return usageError("bench run", { message: problem, io });
    const config = loadSettings(io, values.config);
    if (asked === undefined) return noDefinition(config, io);
    // A log of a container or of CI, which somebody follows.
    const status = createStatusLine(io, { logEveryMs: 20_000 });
    const say = (line: string) => {
      status.clear();
      io.err(`${line}\n`);
    };
    const outcome = await runBenchmark({
      definition: findDefinition(asked, { config, io }),
      out: resultsDirectory(values.out, { config, io }),
      cacheDir: join(config.data_dir, "benchmarks"),
      python: config.python,
      // The servers that it starts are to find what this configuration finds.
      context: { env: { ...io.env, HUM_CONFIG: values.config ?? io.env.HUM_CONFIG }, cwd: io.cwd },
      command: ["hum-helix", "bench", "run", ...operands],
      trials: values.trials === undefined ? null : Number(values.trials),
      takeUp: !values.fresh,
      force: values.force,
      clock: systemClock,
      signal: io.interrupted,
      listener: {
        onPreparing: (step) => status.show(step),
        onNote: say,
        onStarted(run, { file, planned, finished }) {
          const goesOn = finished > 0 ? `, ${finished} of them done before` : "";
          say(`${run.name}: ${planned} trials${goesOn}, into ${relative(io.cwd, file)}`);
        },
        onProgress: (progress) => status.show(describeProgress(progress)),
        onTrial(run, trial) {
          if (trial.status !== "ok") say(`${labelOf(run, trial)}: ${trial.error?.code}: ${trial.error?.message}`);
        },
      },
    }).finally(status.clear);
    const { file, run, trials, end, comparison } = outcome;
    const documents = { run, trials, ends: [end] };
    const summary = summarizeRun(documents);
    const text = values.json
      ? `${JSON.stringify({ file, summary, comparison })}\n`
      : renderTerminal(summary, { comparison });
    (takesOutput(values) ? io.err : io.out)(text);
    await writeReports(values, { documents, comparison, file, io });
    if (comparison !== null) return comparison.exit_code;
    io.err(`interrupted; the same command goes on in ${relative(io.cwd, file)}\n`);
    return exitCodes.interrupted;
  },
});

function trialsProblem(trials: string | undefined): string | null {
  if (trials === undefined || /^[1-9]\d{0,3}$/.test(trials)) return null;
  return `--trials is ${JSON.stringify(trials)}; it must be a whole number from 1 to 9999`;
}

function noDefinition({ benchmarks }: Config, io: Io): ExitCode {
  const names = definitionNames(benchmarks.definitions_dir).join(", ");
  const message = `DEFINITION is missing: a file, or one of ${names} (hum-helix bench list --definitions describes them)`;
  return usageError("bench run", { message, io });
}

function labelOf(run: RunRecord, { config_key, workload }: TrialRecord): string {
  const label = run.configs.find((config) => config.config_key === config_key)?.label ?? config_key;
  return workload.item === null ? label : `${label}: ${workload.item}`;
}
