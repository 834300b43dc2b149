/** A directory for a server that the harness starts, removed with it; what a harness that was killed has left is swept away. */
import { existsSync } from "node:fs";
import { lstat, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { lockFileOf } from "../../platform/data-lock.ts";
import { takeLock } from "../../platform/file-lock.ts";

const prefix = "hum-bench-server-";
/** With what mkdtemp appends: a directory that somebody has named themselves is none of ours. */
const isOurs = (name: string) => name.startsWith(prefix) && /^\w{6}$/.test(name.slice(prefix.length));
/** Longer than any start takes, in which its server has not taken its lock yet. */
const youngMs = 60 * 60 * 1000;

export interface ServerDirectory {
  path: string;
  dataDir: string;
  remove(): Promise<void>;
}

export async function makeServerDirectory(parent = tmpdir()): Promise<ServerDirectory> {
  const names = await readdir(parent);
  await Promise.all(names.filter(isOurs).map((name) => sweep(join(parent, name))));
  const path = await mkdtemp(join(parent, prefix));
  return { path, dataDir: dataDirOf(path), remove: () => rm(path, { recursive: true, force: true }) };
}

const dataDirOf = (path: string) => join(path, "data");

/** Where anybody may put what they like: only what this user has made, and whose server has let go of it. */
async function sweep(path: string): Promise<void> {
  const found = await lstat(path).catch(() => null);
  if (found?.isDirectory() !== true || found.uid !== process.getuid?.() || Date.now() - found.mtimeMs < youngMs) return;
  const lockFile = lockFileOf(dataDirOf(path));
  const lock = existsSync(lockFile) ? takeLock(lockFile) : null;
  if (lock === null) return;
  await rm(path, { recursive: true, force: true });
  lock.release();
}
