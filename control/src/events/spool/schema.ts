/** The spool's file: its tables, how it is opened, and what becomes of one that is damaged. */
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { toError } from "../../core/to-error.ts";

const version = 1;

/** Every index but the first grows at its end only, so that inserts stay cheap. */
const tables = `
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE event (
  position INTEGER PRIMARY KEY,
  stream TEXT NOT NULL,
  name TEXT NOT NULL,
  id TEXT NOT NULL,
  type TEXT NOT NULL,
  source TEXT NOT NULL,
  sequence INTEGER NOT NULL,
  partition_key TEXT NOT NULL,
  wall_ms INTEGER NOT NULL,
  json TEXT NOT NULL
) STRICT;
CREATE INDEX event_by_job ON event (partition_key, position) WHERE stream = 'transcription';
CREATE INDEX event_by_sequence ON event (source, sequence);
CREATE TABLE whole (position INTEGER PRIMARY KEY, data TEXT NOT NULL) STRICT;
CREATE TABLE cursor (sink TEXT PRIMARY KEY, position INTEGER NOT NULL, since INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE open_job (
  job_id TEXT PRIMARY KEY,
  request_id TEXT NOT NULL,
  causation_id TEXT,
  attempt INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
PRAGMA user_version = ${version};
`;

export interface Damage {
  /** Where the damaged file lies now. */
  path: string;
  reason: string;
}

export interface OpenedFile {
  db: DatabaseSync;
  /** Null where the file was sound, or new. */
  damaged: Damage | null;
}

/**
 * A file that fails SQLite's check is moved aside, never deleted, and a new one begins. Throws SQLite's errors for a
 * directory that cannot be written, and for a file of a later version of this program.
 */
export function openSpoolFile(path: string, wallMs: number): OpenedFile {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const reason = existsSync(path) ? findDamage(path) : null;
  const damaged = reason === null ? null : { path: moveAside(path, wallMs), reason };
  const db = connect(path);
  const found = Number(db.prepare("PRAGMA user_version").get()?.user_version);
  if (found > version) {
    db.close();
    throw new Error(`${path} was made by a later version of hum-helix (${found}, this one reads ${version})`);
  }
  if (found === 0) db.exec(`BEGIN IMMEDIATE; ${tables} COMMIT`);
  return { db, damaged };
}

function connect(path: string): DatabaseSync {
  const db = new DatabaseSync(path);
  // EXCLUSIVE: else SQLite shares an index by mapped memory, and a disk that becomes read-only ends the process (SIGBUS).
  // FULL: what is committed has been synced, and outlives the machine's power.
  db.exec("PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  db.exec("PRAGMA journal_size_limit = 67108864");
  return db;
}

/** What SQLite finds wrong with the file; null where it is sound. */
function findDamage(path: string): string | null {
  let db: DatabaseSync | null = null;
  try {
    db = connect(path);
    const [finding] = db.prepare("PRAGMA quick_check(1)").all();
    const verdict = String(finding?.quick_check ?? "no verdict");
    return verdict === "ok" ? null : verdict;
  } catch (error) {
    if (isDamage(error)) return toError(error).message;
    throw error;
  } finally {
    db?.close();
  }
}

/** SQLITE_CORRUPT and SQLITE_NOTADB, in whichever of their kinds: unlike a full disk, these do not pass. */
const isDamage = (error: unknown) =>
  error instanceof Error && "errcode" in error && [11, 26].includes(Number(error.errcode) & 0xff);

function moveAside(path: string, wallMs: number): string {
  const stamp = new Date(wallMs).toISOString().replaceAll(":", "-");
  const base = `${path}.damaged-${stamp}`;
  let target = base;
  for (let again = 2; existsSync(target); again += 1) target = `${base}-${again}`;
  for (const suffix of ["", "-wal", "-shm"]) {
    if (existsSync(path + suffix)) renameSync(path + suffix, target + suffix);
  }
  return target;
}
