/** One control plane per data directory: a lock that the system releases however its holder ends. */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

export interface DataLock {
  release(): void;
}

/** Its presence also tells that the directory has been ours before. */
export const lockFileOf = (dataDir: string) => join(dataDir, "lock.db");

/**
 * Node has no flock; an exclusive SQLite transaction is one, on every platform, and needs no stale-pid guessing.
 * Throws where another process holds it, or it cannot be taken at all.
 */
export function lockDataDir(dataDir: string): DataLock {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(lockFileOf(dataDir));
    const held = database;
    held.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    return { release: () => held.close() };
  } catch (cause) {
    database?.close();
    throw new Error(isHeld(cause) ? heldMessage(dataDir) : brokenMessage(dataDir, cause), { cause });
  }
}

/** SQLITE_BUSY and SQLITE_LOCKED, whose low byte the extended codes keep. */
const heldCodes: readonly number[] = [5, 6];

function isHeld(cause: unknown): boolean {
  return (
    cause instanceof Error &&
    "errcode" in cause &&
    typeof cause.errcode === "number" &&
    heldCodes.includes(cause.errcode & 0xff)
  );
}

const heldMessage = (dataDir: string) =>
  `${dataDir} is in use by another hum-helix; stop that one, or set HUM_DATA_DIR to another directory (and HUM_HTTP_PORT to another port)`;

const brokenMessage = (dataDir: string, cause: unknown) =>
  `${lockFileOf(dataDir)} cannot be locked: ${cause instanceof Error ? cause.message : cause}; make ${dataDir} writable, or set HUM_DATA_DIR to another directory`;
