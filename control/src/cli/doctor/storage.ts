/** Where a node writes: its directories, the space in them, and shared memory. */
import { access, constants, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import type { Config } from "../../core/config.ts";
import { type Finding, fine } from "./finding.ts";

/** Room for uploads at their largest, the decoded samples and the event store. */
const leastFreeBytes = 2 * 1024 ** 3;
const leastSharedBytes = 64 * 1024 ** 2;

export async function checkDirectories(config: Config): Promise<Finding[]> {
  return [
    await checkDirectory("data directory", { path: config.data_dir, variable: "HUM_DATA_DIR", needed: true }),
    await checkDirectory("model directory", { path: config.model_dir, variable: "HUM_MODEL_DIR", needed: false }),
  ];
}

async function checkDirectory(
  name: string,
  options: { path: string; variable: string; needed: boolean },
): Promise<Finding> {
  const { path, variable } = options;
  const place = await nearestExisting(path);
  try {
    await access(place, constants.W_OK | constants.X_OK);
  } catch {
    // Weights that are installed already need only be read.
    const state = options.needed ? "fail" : "warn";
    return { name, state, detail: `${place} is not writable`, fix: `make it so, or set ${variable}` };
  }
  const { bavail, bsize } = await statfs(place);
  const freeBytes = bavail * bsize;
  const detail = `${path}, ${gibibytes(freeBytes)} free`;
  if (freeBytes >= leastFreeBytes) return fine(name, detail);
  return { name, state: "warn", detail, fix: `free ${gibibytes(leastFreeBytes)}, or set ${variable} to another disk` };
}

export async function checkSharedMemory(): Promise<Finding[]> {
  if (process.platform !== "linux") return [];
  const name = "shared memory";
  const fix = "mount a tmpfs on /dev/shm (in a container: --shm-size=256m)";
  try {
    await access("/dev/shm", constants.W_OK | constants.X_OK);
    const { bavail, bsize } = await statfs("/dev/shm");
    const detail = `/dev/shm, ${Math.round((bavail * bsize) / 1024 ** 2)} MiB free`;
    return [bavail * bsize >= leastSharedBytes ? fine(name, detail) : { name, state: "warn", detail, fix }];
  } catch {
    return [{ name, state: "warn", detail: "/dev/shm is missing or not writable", fix }];
  }
}

/** The directory itself, or the parent in which it would be made. */
async function nearestExisting(path: string): Promise<string> {
  try {
    await access(path, constants.F_OK);
    return path;
  } catch {
    return dirname(path) === path ? path : nearestExisting(dirname(path));
  }
}

const gibibytes = (bytes: number) => `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
