/** Where a model is made before it moves into its place: one directory for each model, and one process at a time in it. */
import { mkdir, readdir, rm, rmdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type FileLock, takeLock } from "../platform/file-lock.ts";

export interface Staging {
  /** Beside the models: a rename is atomic only within one file system. */
  directory: string;
  /** Lets the next process in. What is in the directory then is what it goes on with. */
  close(): Promise<void>;
}

/** No name of a model begins with a dot. */
const folder = ".pull";
const pollMs = 200;
/** A download that nobody went on with for so long is given up. */
const abandonedMs = 7 * 24 * 3600 * 1000;

/** Waits while another process has it, telling so by `onWait`; rejects when `signal` is aborted. */
export async function openStaging(
  name: string,
  options: { modelDir: string; signal: AbortSignal; onWait: () => void },
): Promise<Staging> {
  const parent = join(options.modelDir, folder);
  const directory = join(parent, encodeURIComponent(name));
  await mkdir(parent, { recursive: true });
  await removeAbandoned(parent);
  const lock = await waitForLock(lockOf(directory), options);
  await mkdir(directory, { recursive: true });
  return {
    directory,
    async close() {
      await rmdirIfEmpty(directory);
      lock.release();
    },
  };
}

const lockOf = (directory: string) => `${directory}.lock`;

async function waitForLock(file: string, options: { signal: AbortSignal; onWait: () => void }): Promise<FileLock> {
  for (;;) {
    const lock = takeLock(file);
    if (lock !== null) return lock;
    options.onWait();
    await sleep(pollMs, undefined, { signal: options.signal });
  }
}

async function removeAbandoned(parent: string): Promise<void> {
  for (const entry of await readdir(parent, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    const directory = join(parent, entry.name);
    if (Date.now() - (await lastChangeOf(directory)) < abandonedMs) continue;
    const lock = takeLock(lockOf(directory));
    if (lock === null) continue;
    await rm(directory, { recursive: true, force: true });
    lock.release();
  }
}

async function lastChangeOf(directory: string): Promise<number> {
  // Gone meanwhile: whoever had it has ended.
  const entries = await readdir(directory, { recursive: true }).catch(() => []);
  const changes = [directory, ...entries.map((entry) => join(directory, entry))].map((path) =>
    stat(path).then(
      ({ mtimeMs }) => mtimeMs,
      () => 0,
    ),
  );
  return Math.max(...(await Promise.all(changes)));
}

async function rmdirIfEmpty(directory: string): Promise<void> {
  await rmdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT" && error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error;
  });
}
