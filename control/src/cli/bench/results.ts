/** Result files as the benchmark verbs take them: found by what a person calls them, read, and scored anew where asked. */
import { resolve } from "node:path";
import { findResult } from "../../bench/results/find.ts";
import { type Results, readResults } from "../../bench/results/reader.ts";
import { type NormalizerName, normalizerNames } from "../../bench/score/normalize/normalizers.ts";
import { rescoreRun } from "../../bench/score/rescore.ts";
import type { AskedNormalizer } from "../../bench/score/texts.ts";
import type { Config } from "../../core/config.ts";
import { HumError } from "../../core/errors.ts";
import { nearest } from "../../core/nearest.ts";
import type { Io } from "../io.ts";

/** What RUN may be, for the help of a verb that takes one. */
export const runHelp = `RUN is a result file, latest, or the beginning of a run's id or of its file's name (hum-helix bench list tells them).`;

export const dirOption = {
  type: "string",
  value: "DIR",
  help: "directory of result files: results, or HUM_BENCH_RESULTS",
} as const;

export const normalizerOption = {
  type: "string",
  value: "NAME",
  help: "count word errors anew, from the texts that are stored",
} as const;

/** Of the option before, for the same help. */
export const normalizerHelp = `Normalizers are auto (by language), ${normalizerNames.slice(0, 4).join(", ")},
${normalizerNames.slice(4).join(", ")}.`;

export const forceOption = {
  type: "boolean",
  help: "compare with a baseline run of another environment, and say so",
} as const;

export function resultsDirectory(dir: string | undefined, { config, io }: { config: Config; io: Io }): string {
  return dir === undefined ? config.benchmarks.results_dir : resolve(io.cwd, dir);
}

/** Throws HumError `bad_request` for a name that is none. Null leaves the scores as they are stored. */
export function askedNormalizer(name: string | undefined): AskedNormalizer | null {
  if (name === undefined) return null;
  if (name === "auto" || isNormalizer(name)) return name;
  const meant = nearest(name, normalizerNames) ?? normalizerNames.find((known) => known.startsWith(`${name}@`));
  const hint =
    meant === undefined ? `it must be auto or one of ${normalizerNames.join(", ")}` : `did you mean ${meant}?`;
  throw new HumError("bad_request", `--normalizer is ${JSON.stringify(name)}; ${hint}`);
}

function isNormalizer(name: string): name is NormalizerName {
  return (normalizerNames as readonly string[]).includes(name);
}

/** In the shape in which runs are compared and reported, too. */
export interface OpenedRun extends Results {
  ends: NonNullable<Results["end"]>[];
}

/** Throws as `findResult` and `readResults` do. */
export async function openRun(
  asked: string,
  { directory, normalizer, cwd }: { directory: string; normalizer: AskedNormalizer | null; cwd: string },
): Promise<OpenedRun> {
  return openFile(await findResult(asked, { directory, cwd }), normalizer);
}

export async function openFile(file: string, normalizer: AskedNormalizer | null): Promise<OpenedRun> {
  const results = await readResults(file);
  const opened = { ...results, ends: results.end === null ? [] : [results.end] };
  return normalizer === null ? opened : { ...opened, trials: [...rescoreRun(opened, normalizer).trials] };
}
