/** One control plane per data directory: a lock that the system releases however its holder ends. */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

export interface DataLock {
  release(): void;
}

/**
 * Node has no flock; an exclusive SQLite transaction is one, on every platform, and needs no stale-pid guessing.
 * Throws where another process holds it.
 */
export function lockDataDir(dataDir: string): DataLock {
  const database = new DatabaseSync(join(dataDir, "lock.db"));
  try {
    database.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
  } catch (cause) {
    database.close();
    throw new Error(
      `${dataDir} is in use by another hum-helix; stop that one, or set HUM_DATA_DIR to another directory (and HUM_HTTP_PORT to another port)`,
      { cause },
    );
  }
  return { release: () => database.close() };
}
