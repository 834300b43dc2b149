/** Installs a model: fetched, put together, verified, and only then moved into its place. */
import { copyFile, mkdir, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { HumError } from "../core/errors.ts";
import { isInstalled, type Marker, markerName, modelPath } from "../core/installed.ts";
import { listedBytes, type PulledSource } from "../core/model-source.ts";
import type { ModelSpec } from "../core/model-spec.ts";
import type { FileFacts } from "./hash.ts";
import { stageHub } from "./hub.ts";
import type { InstallOptions } from "./options.ts";
import { stagePackages } from "./packages.ts";
import { openStaging } from "./staging.ts";

/** What became of a model: fetched now, or found as it should be. */
export interface Installation {
  action: "installed" | "present";
  /** Empty for a model that comes inside a Python package. */
  path: string;
  /** Of the weights; null where nobody lists it. */
  bytes: number | null;
}

/** Leaves nothing half done: the model's directory is there whole, or as it was before. */
export async function installModel(spec: ModelSpec, options: InstallOptions): Promise<Installation> {
  const { source } = spec;
  const path = modelPath(spec, options.modelDir);
  const present: Installation = { action: "present", path, bytes: listedBytes(source) ?? null };
  if (isInstalled(spec, options.modelDir)) return present;
  if (source.kind === "wheel" || source.kind === "directory") {
    throw new HumError("model_unknown", `model ${spec.name} lies in ${path}, which holds no model.bin`);
  }
  const staging = await openStaging(spec.name, { ...options, onWait: () => options.onProgress({ step: "wait" }) });
  try {
    // Whoever had it before us may have finished it.
    if (isInstalled(spec, options.modelDir)) return present;
    const files = await stageModel({ ...spec, source }, { ...options, staging: staging.directory, target: path });
    return { action: "installed", path, bytes: Object.values(files).reduce((sum, { bytes }) => sum + bytes, 0) };
  } finally {
    await staging.close();
  }
}

async function stageModel(
  spec: ModelSpec & { source: PulledSource },
  options: InstallOptions & { staging: string; target: string },
): Promise<Record<string, FileFacts>> {
  const { source } = spec;
  const { staging, target } = options;
  // Parts of one revision are no beginning of another.
  const directory = join(staging, source.kind === "hub" ? source.revision : "model");
  const stage = { ...options, model: spec.name, directory };
  try {
    const files = source.kind === "hub" ? await stageHub(source, stage) : await stagePackages(source, stage);
    // A licence that comes with the model stays as it is.
    if (spec.licence?.text !== undefined && !Object.hasOwn(files, "LICENSE")) {
      await copyFile(spec.licence.text, join(directory, "LICENSE"));
    }
    const marker = markerOf(source, files);
    await writeFile(join(directory, markerName), `${JSON.stringify(marker, null, 2)}\n`, { flush: true });
    await replaceDirectory(directory, { target, old: join(staging, "old") });
    await rm(staging, { recursive: true });
    return files;
  } catch (error) {
    // What came from the hub is what the next pull goes on with; pip begins anew.
    if (source.kind === "packages") await rm(staging, { recursive: true, force: true });
    else await rmdir(directory).catch(() => undefined);
    throw error;
  }
}

function markerOf(source: PulledSource, files: Readonly<Record<string, FileFacts>>): Marker {
  const entries = Object.entries(files);
  return {
    files: Object.fromEntries(entries.map(([name, { sha256 }]) => [name, sha256])),
    bytes: Object.fromEntries(entries.map(([name, { bytes }]) => [name, bytes])),
    ...(source.kind === "hub" ? { revision: source.revision } : {}),
  };
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
