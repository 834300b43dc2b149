/** `hum-helix bench compare`: holds a stored run against a baseline; the exit code is the verdict. */
import { existsSync } from "node:fs";
import { summarizeRun } from "../../bench/report/summary.ts";
import { renderTerminal } from "../../bench/report/terminal.ts";
import { baselineFile, checkBaseline } from "../../bench/results/baselines.ts";
import { summarizeResult } from "../../bench/results/catalogue.ts";
import type { AskedNormalizer } from "../../bench/score/texts.ts";
import { HumError } from "../../core/errors.ts";
import { pathFrom } from "../../core/invocation.ts";
import { configOption, defineCommand, jsonOption, usageError } from "../command.ts";
import type { Io } from "../io.ts";
import { loadSettings } from "../settings.ts";
import { benchFailure, exitCodeHelp } from "./failure.ts";
import { reportOptions, reportProblem, takesOutput, writeReports } from "./reports.ts";
import {
  askedNormalizer,
  dirOption,
  forceOption,
  normalizerHelp,
  normalizerOption,
  type OpenedRun,
  openFile,
  openRun,
  resultsDirectory,
  runHelp,
} from "./results.ts";
import { tellState } from "./state.ts";
import { compareStored, namedBaseline } from "./verdicts.ts";

const keptWord = "baseline";

export const benchCompare = defineCommand({
  name: "bench compare",
  summary: "Hold a run against another one, or against its baseline; the exit code is the verdict",
  details: `${runHelp}
BASELINE is the same, or the word ${keptWord} for the one that bench baseline has kept. Without it a run is held
against the baseline that its definition names (a run config of its own, or an earlier run), or else against the kept
one; where there is neither, its run configs are compared with the first of them. Two runs whose definition has no gate
with a tolerance are held to 5 % of speed and half a point of word errors.
With --normalizer the word errors of both are counted anew.
${normalizerHelp}

${exitCodeHelp}`,
  operands: { least: 1, most: 2 },
  operandName: "RUN [BASELINE]",
  options: {
    json: jsonOption,
    force: forceOption,
    normalizer: normalizerOption,
    ...reportOptions,
    dir: dirOption,
    config: configOption,
  },
  failure: benchFailure,
  async run({ values, operands }, io) {
    const problem = reportProblem(values, { json: values.json, cwd: io.cwd });
    if (problem !== null) return usageError("bench compare", { message: problem, io });
    const config = loadSettings(io, values.config);
    const normalizer = askedNormalizer(values.normalizer);
    const directory = resultsDirectory(values.dir, { config, io });
    const run = await openRun(operands[0] as string, { directory, normalizer, cwd: io.cwd });
    tellState(run, io);
    const baseline = await baselineOf(run, { asked: operands[1], directory, normalizer, io });
    const comparison = compareStored(run, { baseline, normalizer, force: values.force });
    const summary = summarizeRun(run);
    const text = values.json
      ? `${JSON.stringify({ file: run.file, baseline: baseline?.file ?? null, summary, comparison })}\n`
      : renderTerminal(summary, { comparison });
    (takesOutput(values) ? io.err : io.out)(text);
    await writeReports(values, { documents: run, comparison, file: run.file, io });
    return comparison.exit_code;
  },
});

interface Asked {
  asked: string | undefined;
  directory: string;
  normalizer: AskedNormalizer | null;
  io: Io;
}

/** Null where the run's own run configs are compared. */
async function baselineOf(run: OpenedRun, { asked, directory, normalizer, io }: Asked): Promise<OpenedRun | null> {
  const { definition, run_id, configs } = run.run;
  const kept = baselineFile(directory, definition.name);
  const openKept = async () => {
    await checkBaseline(kept);
    return openFile(kept, normalizer);
  };
  if (asked !== undefined) {
    const isKept = asked === keptWord;
    if (isKept && !existsSync(kept)) throw new HumError("not_found", noneKept(definition.name, { kept, io }));
    const baseline = isKept ? await openKept() : await openRun(asked, { directory, normalizer, cwd: io.cwd });
    if (baseline.run.run_id !== run_id) return baseline;
    throw new HumError("bad_request", `${asked} is the run itself; its baseline must be another one`);
  }
  if (definition.baseline !== undefined) {
    const other = existsSync(kept) ? await summarizeResult(kept) : null;
    if (other !== null && "run" in other && other.run.run_id !== run_id) {
      io.err(`note: there is a kept baseline too: hum-helix bench compare ${run_id.slice(0, 8)} ${keptWord}\n`);
    }
    return namedBaseline(run, normalizer);
  }
  const baseline = existsSync(kept) ? await openKept() : null;
  if (baseline !== null && baseline.run.run_id !== run_id) return baseline;
  if (configs.length > 1 || definition.gates.length > 0) return null;
  throw new HumError(
    "bad_request",
    `there is nothing to compare it with: it has one run config, and ${noneKept(definition.name, { kept, io })}`,
  );
}

const noneKept = (name: string, { kept, io }: { kept: string; io: Io }) =>
  `no baseline of ${name} is kept at ${pathFrom(io.cwd, kept)}; hum-helix bench baseline RUN keeps one`;
