/**
 * What was seen, in SQLite: knows duplicates and gaps, also after a restart. Needs Node 22.13 or newer.
 *
 * Events come at least once. `isNew` belongs into the transaction that stores what was made of the event: then either
 * both are kept or neither, and each event counts once, whenever the program ends.
 */
import { DatabaseSync } from "node:sqlite";

export function openInbox(path) {
  const db = new DatabaseSync(path, { timeout: 30_000 });
  db.exec(`
    CREATE TABLE IF NOT EXISTS seen (source TEXT, id TEXT, at INTEGER, PRIMARY KEY (source, id)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS last (source TEXT PRIMARY KEY, sequence INTEGER);
    CREATE TABLE IF NOT EXISTS place (feed TEXT PRIMARY KEY, id TEXT);
    -- Longer than any bus keeps events, so that none of them can come again.
    DELETE FROM seen WHERE at < unixepoch() - 30 * 86400;
  `);
  return db;
}

export async function transact(db, work) {
  db.exec("BEGIN IMMEDIATE");
  try {
    await work();
    db.exec("COMMIT");
  } catch (error) {
    db.exec("ROLLBACK");
    throw error;
  }
}

/**
 * A source is one life of a node's sequence, which counts without a gap: a restored or emptied node begins another.
 * What a dead consumer had taken comes late, and fills the gap that was told.
 */
export function isNew(db, { source, id, sequence }) {
  const added = db.prepare("INSERT OR IGNORE INTO seen VALUES (?, ?, unixepoch())").run(source, id).changes;
  if (added === 0) {
    console.error(`duplicate: ${id}`);
    return false;
  }
  const number = Number(sequence);
  const { last } = db.prepare("SELECT max(sequence) AS last FROM last WHERE source = ?").get(source);
  if (last !== null && number > last + 1) console.error(`gap: ${last + 1} to ${number - 1} of ${source}`);
  if (last !== null && number < last) console.error(`late: ${number} of ${source}`);
  else db.prepare("INSERT OR REPLACE INTO last VALUES (?, ?)").run(source, number);
  return true;
}
