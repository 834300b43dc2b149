/** Kept baselines: one complete run for each definition, copied beside the results to be committed. */
import { open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { ConfigError } from "../../core/config-error.ts";
import { HumError } from "../../core/errors.ts";
import { toError } from "../../core/to-error.ts";
import { makeDirectory } from "../../platform/make-directory.ts";
import { type ListedResult, summarizeResult } from "./catalogue.ts";
import { hashOf, readChecksum, writeChecksum } from "./checksum.ts";
import { type Results, readResults } from "./reader.ts";

const suffix = ".db.yaml";

const directoryOf = (results: string): string => join(results, "baselines");

/** Where the baseline of a definition lies, if there is one. `results` is the directory of result files. */
export function baselineFile(results: string, definition: string): string {
  return join(directoryOf(results), `${definition}${suffix}`);
}

/** By name; none where none was ever kept. */
export async function listBaselines(results: string): Promise<ListedResult[]> {
  const directory = directoryOf(results);
  const names = await readdir(directory).catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw new ConfigError([{ place: directory, message: `cannot be listed: ${toError(error).message}` }]);
  });
  const files = names.filter((name) => name.endsWith(suffix)).toSorted();
  return Promise.all(files.map((name) => summarizeResult(join(directory, name))));
}

/** Throws ConfigError where it is not what was kept: it is committed, and may have been edited or merged since. */
export async function checkBaseline(file: string): Promise<void> {
  const kept = await readChecksum(file);
  if (kept === null || (await hashOf(file)) === kept) return;
  throw new ConfigError([
    { place: file, message: `is not what ${basename(file)}.sha256 says: it was changed after it was kept` },
  ]);
}

export interface Kept {
  file: string;
  /** What it stands in the place of; null where there was none. */
  previous: ListedResult | null;
}

/**
 * Copies the whole documents of a run to be the baseline of its definition. Throws ConfigError where the file or its copy
 * is not what its checksum says.
 */
export async function keepBaseline(source: Results, results: string): Promise<Kept> {
  const file = baselineFile(results, source.run.definition.name);
  if (resolve(file) === resolve(source.file)) {
    throw new HumError("bad_request", `${file} is the baseline already`);
  }
  await checkBaseline(source.file);
  const [previous] = (await listBaselines(results)).filter((kept) => kept.file === file);
  makeDirectory(dirname(file));
  const partial = `${file}.partial`;
  try {
    await copyBytes(source, partial);
    const copied = await readResults(partial);
    const [own, other] = [await hashOf(partial), await hashOf(source.file, source.wholeBytes)];
    if (own !== other || copied.trials.length !== source.trials.length) {
      throw new ConfigError([{ place: source.file, message: "has changed while it was copied; try again" }]);
    }
    await rename(partial, file);
  } finally {
    await rm(partial, { force: true });
  }
  await writeChecksum(file);
  return { file, previous: previous ?? null };
}

async function copyBytes({ file, wholeBytes }: Results, to: string): Promise<void> {
  await using from = await open(file, "r");
  await using into = await open(to, "w", 0o644);
  await into.writeFile(from.createReadStream({ end: wholeBytes - 1, autoClose: false }));
  await into.sync();
}
