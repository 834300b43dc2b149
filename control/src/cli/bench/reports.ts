/** The reports of a run as files: HTML with plots, Markdown for a CI job's summary, JUnit for its tests. */
import { statSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Comparison } from "../../bench/compare/compare.ts";
import { readEarlier } from "../../bench/report/earlier.ts";
import { renderRunPage } from "../../bench/report/html/run-page.ts";
import { renderJunit } from "../../bench/report/junit.ts";
import { renderMarkdown } from "../../bench/report/markdown.ts";
import { reportRun } from "../../bench/report/run-report.ts";
import { summarizeRun } from "../../bench/report/summary.ts";
import type { RunDocuments } from "../../bench/results/reader.ts";
import { ConfigError } from "../../core/config-error.ts";
import { toError } from "../../core/to-error.ts";
import type { Io } from "../io.ts";

export const reportOptions = {
  html: { type: "string", value: "FILE", help: "write the report with its plots as one HTML file" },
  markdown: { type: "string", value: "FILE", help: "write it as Markdown, for the summary of a CI job" },
  junit: { type: "string", value: "FILE", help: "write it as JUnit XML; - is standard output for each of the three" },
} as const;

/** Paths, or `-`. */
export type ReportPaths = Record<keyof typeof reportOptions, string | undefined>;

const pathsIn = ({ html, markdown, junit }: ReportPaths) =>
  [html, markdown, junit].filter((path) => path !== undefined);

export const hasReport = (paths: ReportPaths): boolean => pathsIn(paths).length > 0;

/** Whether standard output is a report's own: what else is said goes to standard error then. */
export const takesOutput = (paths: ReportPaths): boolean => pathsIn(paths).includes("-");

/** What is wrong with them, before hours are spent on what could not be written. */
export function reportProblem(paths: ReportPaths, { json, cwd }: { json: boolean; cwd: string }): string | null {
  const asked = pathsIn(paths);
  if (asked.filter((path) => path === "-").length + Number(json && takesOutput(paths)) > 1) {
    return "standard output can take one report only; name files for the others";
  }
  const files = asked.filter((path) => path !== "-");
  const twice = files.find((path, index) => files.indexOf(path) < index);
  if (twice !== undefined) return `two reports would both be written to ${twice}`;
  const lost = files.find((path) => !isDirectory(dirname(resolve(cwd, path))));
  if (lost !== undefined) return `${lost} cannot be written: there is no directory ${dirname(lost)}`;
  const taken = files.find((path) => isDirectory(resolve(cwd, path)));
  return taken === undefined ? null : `${taken} is a directory; it must be a file to write`;
}

const isDirectory = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

/** `file` is the run's result file: runs beside it are its history. */
export async function writeReports(
  paths: ReportPaths,
  { documents, comparison, file, io }: { documents: RunDocuments; comparison: Comparison | null; file: string; io: Io },
): Promise<void> {
  const summary = summarizeRun(documents);
  if (paths.html !== undefined) {
    const earlier = await readEarlier(file, documents.run);
    await writeText(paths.html, { text: renderRunPage(reportRun(documents, { earlier, comparison })), io });
  }
  if (paths.markdown !== undefined) {
    await writeText(paths.markdown, { text: renderMarkdown(summary, { comparison }), io });
  }
  if (paths.junit !== undefined) await writeText(paths.junit, { text: renderJunit(summary, { comparison }), io });
}

/** To a file, which is told on standard error, or for `-` to standard output. Throws ConfigError where it cannot be written. */
export async function writeText(path: string, { text, io }: { text: string; io: Io }): Promise<void> {
  if (path === "-") return io.out(text);
  await writeFile(resolve(io.cwd, path), text).catch((error: unknown) => {
    throw new ConfigError([{ place: path, message: `cannot be written: ${toError(error).message}` }]);
  });
  io.err(`wrote ${path}\n`);
}
