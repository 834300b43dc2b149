/** `hum-helix bench report`: the report of a run, or the page of many, as files. */
import { statSync } from "node:fs";
import { resolve } from "node:path";
import { renderResultsPage } from "../../bench/report/page/results-page.ts";
import { type RunSummary, summarizeRun } from "../../bench/report/summary.ts";
import { listResults } from "../../bench/results/catalogue.ts";
import { findResult } from "../../bench/results/find.ts";
import type { AskedNormalizer } from "../../bench/score/texts.ts";
import { ConfigError } from "../../core/config-error.ts";
import { pathFrom } from "../../core/invocation.ts";
import { configOption, defineCommand, usageError } from "../command.ts";
import { exitCodes, type Io } from "../io.ts";
import { loadSettings } from "../settings.ts";
import { createStatusLine } from "../status-line.ts";
import { benchFailure } from "./failure.ts";
import { hasReport, reportOptions, reportProblem, writeReports, writeText } from "./reports.ts";
import {
  askedNormalizer,
  dirOption,
  normalizerHelp,
  normalizerOption,
  openFile,
  openRun,
  resultsDirectory,
  runHelp,
} from "./results.ts";
import { tellState } from "./state.ts";
import { verdictOf } from "./verdicts.ts";

export const benchReport = defineCommand({
  name: "bench report",
  summary: "Write the report of a run, or one page of many to filter, average and compare",
  details: `${runHelp}
Of one run it is its report, with the earlier runs beside its file as its history; without an option as Markdown on
standard output. Of several runs, or of a directory, it is the results page, as --html. Pages load nothing.
${normalizerHelp}`,
  operands: "some",
  operandName: "RUN",
  options: {
    ...reportOptions,
    normalizer: normalizerOption,
    dir: dirOption,
    config: configOption,
  },
  failure: benchFailure,
  async run({ values, operands }, io) {
    const problem = reportProblem(values, { json: false, cwd: io.cwd });
    if (problem !== null) return usageError("bench report", { message: problem, io });
    const config = loadSettings(io, values.config);
    const normalizer = askedNormalizer(values.normalizer);
    const directory = resultsDirectory(values.dir, { config, io });
    const [asked = ""] = operands;
    if (operands.length > 1 || isDirectory(asked, io)) {
      const { html, markdown, junit } = values;
      if (html === undefined || markdown !== undefined || junit !== undefined) {
        const message =
          "of several runs, or of a directory, there is the results page alone: it takes --html FILE, and no other option of these";
        return usageError("bench report", { message, io });
      }
      const { summaries, unread } = await summarizeAll(operands, { directory, normalizer, io });
      await writeText(html, { text: renderResultsPage(summaries, { unread }), io });
      return exitCodes.ok;
    }
    const run = await openRun(asked, { directory, normalizer, cwd: io.cwd });
    tellState(run, io);
    const comparison = await verdictOf(run, { normalizer, force: false, io });
    const paths = hasReport(values) ? values : { ...values, markdown: "-" };
    await writeReports(paths, { documents: run, comparison, file: run.file, io });
    return exitCodes.ok;
  },
});

const isDirectory = (asked: string, io: Io): boolean =>
  statSync(resolve(io.cwd, asked), { throwIfNoEntry: false })?.isDirectory() === true;

interface Gathering {
  directory: string;
  normalizer: AskedNormalizer | null;
  io: Io;
}

/** Each run once. A damaged file of a directory is told and left out; one that was named is an error. */
async function summarizeAll(asked: readonly string[], { directory, normalizer, io }: Gathering) {
  const status = createStatusLine(io);
  const named = new Set<string>();
  const found = new Set<string>();
  for (const each of asked) {
    if (isDirectory(each, io)) for (const { file } of await listResults(resolve(io.cwd, each))) found.add(file);
    else named.add(await findResult(each, { directory, cwd: io.cwd }));
  }
  const summaries = new Map<string, RunSummary>();
  const unread: { file: string; reason: string }[] = [];
  const files = [...new Set([...named, ...found])];
  for (const [index, file] of files.entries()) {
    status.show(`reading ${index + 1} of ${files.length}: ${pathFrom(io.cwd, file)}`);
    try {
      const summary = summarizeRun(await openFile(file, normalizer));
      summaries.set(summary.run_id, summary);
    } catch (error) {
      status.clear();
      if (!(error instanceof ConfigError) || named.has(file)) throw error;
      unread.push({ file: pathFrom(io.cwd, file), reason: error.message });
      io.err(`left out: ${error.message}\n`);
    }
  }
  status.clear();
  return { summaries: [...summaries.values()], unread };
}
