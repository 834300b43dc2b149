/** One control plane per data directory. */
import { join } from "node:path";
import { type FileLock, takeLock } from "./file-lock.ts";

export type DataLock = FileLock;

/** Its presence also tells that the directory has been ours before. */
export const lockFileOf = (dataDir: string) => join(dataDir, "lock.db");

/** Throws where another process holds it, or it cannot be taken at all. */
export function lockDataDir(dataDir: string): DataLock {
  let lock: FileLock | null;
  try {
    lock = takeLock(lockFileOf(dataDir));
  } catch (cause) {
    throw new Error(brokenMessage(dataDir, cause), { cause });
  }
  if (lock === null) throw new Error(heldMessage(dataDir));
  return lock;
}

const heldMessage = (dataDir: string) =>
  `${dataDir} is in use by another hum-helix; stop that one, or set HUM_DATA_DIR to another directory (and HUM_HTTP_PORT to another port)`;

const brokenMessage = (dataDir: string, cause: unknown) =>
  `${lockFileOf(dataDir)} cannot be locked: ${cause instanceof Error ? cause.message : cause}; make ${dataDir} writable, or set HUM_DATA_DIR to another directory`;
