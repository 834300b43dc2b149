/** `hum-helix bench baseline`: keeps a run as what later ones of its definition are held against, or lists what is kept. */
import type { Comparison } from "../../bench/compare/compare.ts";
import { exitCodes as verdictCodes } from "../../bench/compare/exit-codes.ts";
import { keepBaseline, listBaselines } from "../../bench/results/baselines.ts";
import { pathFrom } from "../../core/invocation.ts";
import { configOption, defineCommand, jsonOption } from "../command.ts";
import { exitCodes } from "../io.ts";
import { loadSettings } from "../settings.ts";
import { benchFailure } from "./failure.ts";
import { dirOption, type OpenedRun, openRun, resultsDirectory, runHelp } from "./results.ts";
import { startedText, tellResults } from "./table.ts";
import { compareStored } from "./verdicts.ts";

export const benchBaseline = defineCommand({
  name: "bench baseline",
  summary: "Keep a run as the baseline of its definition, to commit it, or list those that are kept",
  details: `${runHelp}
It is copied to baselines/NAME.db.yaml below the directory of results, with its SHA-256 beside it; bench compare holds
later runs against it. Without a RUN those that are kept are listed. A run that is not complete, that failed, or that
ran from a checkout with changes which are not committed is refused, with 4: nobody could make it again.`,
  operands: { least: 0, most: 1 },
  operandName: "[RUN]",
  options: {
    force: { type: "boolean", help: "keep it whatever speaks against it" },
    json: jsonOption,
    dir: dirOption,
    config: configOption,
  },
  failure: benchFailure,
  async run({ values, operands }, io) {
    const config = loadSettings(io, values.config);
    const directory = resultsDirectory(values.dir, { config, io });
    const [asked] = operands;
    if (asked === undefined) {
      const kept = await listBaselines(directory);
      tellResults(kept, { json: values.json, io, nowMs: Date.now() });
      if (kept.length === 0 && !values.json) {
        io.err(`no baseline is kept in ${pathFrom(io.cwd, directory)} yet; hum-helix bench baseline RUN keeps one\n`);
      }
      return exitCodes.ok;
    }
    const run = await openRun(asked, { directory, normalizer: null, cwd: io.cwd });
    const { run_id, name, started } = run.run;
    const faults = faultsOf(run);
    if (faults.length > 0 && !values.force) {
      const told = faults.map((fault) => `  ${fault}\n`).join("");
      io.err(
        `hum-helix bench baseline: ${run_id} is not fit to be compared with (--force keeps it all the same):\n${told}`,
      );
      return verdictCodes.invalid;
    }
    const { file, previous } = await keepBaseline(run, directory);
    const replaced = previous !== null && "run" in previous && previous.run.run_id !== run_id ? previous.run : null;
    if (values.json) {
      io.out(`${JSON.stringify({ file, run_id, name, replaced: replaced?.run_id ?? null, faults })}\n`);
      return exitCodes.ok;
    }
    for (const fault of faults) io.err(`note: kept all the same: ${fault}\n`);
    const before =
      replaced === null ? "" : `, in place of that of ${startedText(replaced.started)} (${replaced.run_id})`;
    io.out(
      `${pathFrom(io.cwd, file)}: ${name} of ${startedText(started)} UTC (${run_id}), ${run.trials.length} trials${before}\n`,
    );
    return exitCodes.ok;
  },
});

/** What speaks against holding later runs to it. */
function faultsOf(run: OpenedRun): string[] {
  const { sessions, end } = run;
  const isDirty = sessions.some(({ provenance }) => provenance.dirty === true);
  return [
    ...(end === null ? ["it has no end: it is being written, or its harness died"] : []),
    ...(end !== null && end.status !== "complete" ? [`it is ${end.status}`] : []),
    ...(isDirty ? ["it ran from a checkout with changes that are not committed"] : []),
    ...(end === null ? [] : invalidityOf(compareStored(run, { baseline: null, normalizer: null, force: true }))),
  ];
}

/** A run that is worse than its own baseline has still been measured. */
function invalidityOf({ outcome, reasons }: Comparison): string[] {
  return outcome === "invalid" || outcome === "unavailable" ? reasons : [];
}
