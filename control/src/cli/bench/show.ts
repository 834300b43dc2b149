/** `hum-helix bench show`: what a run has measured, as it was told at its end, or scored anew. */
import { summarizeRun } from "../../bench/report/summary.ts";
import { renderTerminal } from "../../bench/report/terminal.ts";
import { pathFrom } from "../../core/invocation.ts";
import { configOption, defineCommand, jsonOption } from "../command.ts";
import { exitCodes } from "../io.ts";
import { loadSettings } from "../settings.ts";
import { benchFailure } from "./failure.ts";
import {
  askedNormalizer,
  dirOption,
  normalizerHelp,
  normalizerOption,
  openRun,
  resultsDirectory,
  runHelp,
} from "./results.ts";
import { tellState } from "./state.ts";
import { verdictOf } from "./verdicts.ts";

export const benchShow = defineCommand({
  name: "bench show",
  summary: "Show what a run has measured, as at its end, or with word errors counted anew",
  details: `${runHelp}
Nothing is run: with --normalizer every metric of words comes from the texts that the result file holds.
It ends with 0 whatever the verdict is; bench compare ends with the verdict.
${normalizerHelp}`,
  operands: { least: 1, most: 1 },
  operandName: "RUN",
  options: {
    json: jsonOption,
    normalizer: normalizerOption,
    dir: dirOption,
    config: configOption,
  },
  failure: benchFailure,
  async run({ values, operands }, io) {
    const config = loadSettings(io, values.config);
    const normalizer = askedNormalizer(values.normalizer);
    const directory = resultsDirectory(values.dir, { config, io });
    const run = await openRun(operands[0] as string, { directory, normalizer, cwd: io.cwd });
    const comparison = await verdictOf(run, { normalizer, force: false, io });
    const summary = summarizeRun(run);
    tellState(run, io);
    if (values.json) io.out(`${JSON.stringify({ file: run.file, summary, comparison })}\n`);
    else {
      const anew = normalizer === null ? "" : `, word errors counted anew with ${normalizer}`;
      io.out(`${pathFrom(io.cwd, run.file)}${anew}\n${renderTerminal(summary, { comparison })}`);
    }
    return exitCodes.ok;
  },
});
