/** A lock between processes that the system releases however its holder ends. */
import { DatabaseSync } from "node:sqlite";

export interface FileLock {
  release(): void;
}

/**
 * Node has no flock; an exclusive SQLite transaction is one, on every platform, and needs no stale-pid guessing.
 * Null where another process holds it. Throws where it cannot be taken at all.
 */
export function takeLock(file: string): FileLock | null {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(file);
    const held = database;
    held.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    return { release: () => held.close() };
  } catch (cause) {
    database?.close();
    if (isHeld(cause)) return null;
    throw cause;
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
