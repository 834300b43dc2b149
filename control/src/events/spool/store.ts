/** The outbox on disk: one SQLite file with every event, every sink's cursor, and every job that has not ended. */
import { randomUUIDv7 } from "node:crypto";
import type { StreamName } from "../catalogue.ts";
import {
  createReader,
  type EventPage,
  type EventQuery,
  type Place,
  type PlaceQuery,
  type StoredEvent,
} from "./reader.ts";
import { type Damage, openSpoolFile } from "./schema.ts";

/** An event as it goes into the spool, numbered already. */
export interface SpoolEntry extends StoredEvent {
  /** The data of an event whose JSON holds only a part of it; null where the JSON has all. */
  whole: string | null;
  /** What it says of its job; null where it neither begins, goes on with, nor ends one. */
  mark: JobMark | null;
}

export type JobMark =
  | { kind: "requested"; requestId: string; causationId: string | null }
  | { kind: "started"; attempt: number }
  | { kind: "ended" };

/** A job without a terminal event. */
export interface OpenJob {
  jobId: string;
  requestId: string;
  /** The id of the command that asked for it; null where it came by HTTP. */
  causationId: string | null;
  attempt: number;
}

/** How far a sink came. */
export interface Cursor {
  /** Everything up to here is done. */
  position: number;
  /** Where the sink began: what lies before was never meant for it. */
  since: number;
}

/** Where the spool stands when it is opened. */
export interface Opening {
  /** Made with the file: positions of another spool mean nothing in this one. */
  spool: string;
  /** Part of every source: new with every file, and whenever sequences begin anew. */
  epoch: string;
  /** By stream, the last sequence of this epoch. */
  sequences: Partial<Record<StreamName, number>>;
  /** The oldest position that is kept, and the last that was given out; 0 and 0 in a new spool. */
  first: number;
  last: number;
  cursors: Record<string, Cursor>;
  openJobs: OpenJob[];
  usedBytes: number;
  damaged: Damage | null;
}

/** What one commit has written. */
export interface Batch {
  entries: readonly SpoolEntry[];
  cursors: ReadonlyMap<string, Cursor>;
}

export const sourceIn = ({ node, epoch, stream }: { node: string; epoch: string; stream: StreamName }) =>
  `/humhelix/${node}/${epoch}/${stream}`;

export type Store = ReturnType<typeof openStore>;

/**
 * Opens the spool at `path`, or makes it. `node` is part of every source, so that another name begins a new epoch. Every
 * function throws SQLite's errors, and has then changed nothing.
 */
export function openStore(path: string, options: { node: string; wallMs: number }) {
  const { db, damaged } = openSpoolFile(path, options.wallMs);
  const reader = createReader(db);
  const putMeta = db.prepare("INSERT OR REPLACE INTO meta VALUES (?, ?)");
  const getMeta = db.prepare("SELECT value FROM meta WHERE key = ?");
  // Not OR IGNORE, which would also pass over an event that breaks another rule of the table.
  const insert = db.prepare(
    "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (position) DO NOTHING",
  );
  const insertWhole = db.prepare("INSERT INTO whole VALUES (?, ?) ON CONFLICT (position) DO NOTHING");
  const openJob = db.prepare("INSERT OR REPLACE INTO open_job VALUES (?, ?, ?, 0)");
  const attemptJob = db.prepare("UPDATE open_job SET attempt = ? WHERE job_id = ?");
  const closeJob = db.prepare("DELETE FROM open_job WHERE job_id = ?");
  const putCursor = db.prepare("INSERT OR REPLACE INTO cursor VALUES (?, ?, ?)");
  const metaOf = (key: string) => getMeta.get(key)?.value as string | undefined;

  function transact(work: () => void): void {
    db.exec("BEGIN IMMEDIATE");
    try {
      work();
      db.exec("COMMIT");
    } catch (error) {
      // Where the disk is full SQLite has rolled back by itself.
      if (db.isTransaction) db.exec("ROLLBACK");
      throw error;
    }
  }

  let epoch = metaOf("epoch") ?? "";
  let sequences = JSON.parse(metaOf("sequences") ?? "{}") as Opening["sequences"];

  /** A new run of sequences; what is stored keeps its source. */
  function renewEpoch(): string {
    const renewed = randomUUIDv7();
    transact(() => {
      putMeta.run("epoch", renewed);
      putMeta.run("node", options.node);
      putMeta.run("sequences", "{}");
    });
    epoch = renewed;
    sequences = {};
    return epoch;
  }

  if (metaOf("spool") === undefined) putMeta.run("spool", randomUUIDv7().slice(-8));
  if (epoch === "" || metaOf("node") !== options.node) renewEpoch();

  function note({ partitionKey: jobId, mark }: SpoolEntry): void {
    if (mark?.kind === "requested") openJob.run(jobId, mark.requestId, mark.causationId);
    if (mark?.kind === "started") attemptJob.run(mark.attempt, jobId);
    if (mark?.kind === "ended") closeJob.run(jobId);
  }

  function put(entry: SpoolEntry): void {
    const { position, stream, name, id, type, source, sequence, partitionKey, wallMs, json, whole } = entry;
    insert.run(position, stream, name, id, type, source, sequence, partitionKey, wallMs, json);
    if (whole !== null) insertWhole.run(position, whole);
    note(entry);
  }

  function usedBytes(): number {
    const pragma = (name: string) => Number(db.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0);
    return (pragma("page_count") - pragma("freelist_count")) * pragma("page_size");
  }

  return {
    opening(): Opening {
      const cursors = db.prepare("SELECT sink, position, since FROM cursor").all();
      const jobs = db
        .prepare("SELECT job_id AS jobId, request_id AS requestId, causation_id AS causationId, attempt FROM open_job")
        .all();
      return {
        spool: metaOf("spool") ?? "",
        epoch,
        sequences,
        first: reader.first(),
        last: Number(metaOf("last") ?? 0),
        cursors: Object.fromEntries(
          cursors.map(({ sink, position, since }) => [sink, { position: Number(position), since: Number(since) }]),
        ),
        openJobs: jobs as unknown as OpenJob[],
        usedBytes: usedBytes(),
        damaged,
      };
    },
    /** Safe on disk when it returns; an entry that is stored already changes nothing. */
    append({ entries, cursors }: Batch): { usedBytes: number } {
      const after = { ...sequences };
      for (const { stream, source, sequence } of entries) {
        if (source === sourceIn({ node: options.node, epoch, stream })) after[stream] = sequence;
      }
      transact(() => {
        for (const entry of entries) put(entry);
        putMeta.run("last", String(entries.at(-1)?.position ?? 0));
        putMeta.run("sequences", JSON.stringify(after));
        for (const [sink, { position, since }] of cursors) putCursor.run(sink, position, since);
      });
      sequences = after;
      return { usedBytes: usedBytes() };
    },
    /** Not synced: a machine that loses power takes a cursor back a little, and what follows it is delivered again. */
    saveCursors(cursors: ReadonlyMap<string, Cursor>): void {
      db.exec("PRAGMA synchronous = NORMAL");
      try {
        transact(() => {
          for (const [sink, { position, since }] of cursors) putCursor.run(sink, position, since);
        });
      } finally {
        db.exec("PRAGMA synchronous = FULL");
      }
    },
    /** Removes events up to a position, at most `limit` of them. Jobs that have not ended stay known. */
    prune({ through, limit }: { through: number; limit: number }): { first: number; usedBytes: number } {
      const end = Math.min(through, reader.first() + limit - 1);
      transact(() => {
        db.prepare("DELETE FROM event WHERE position <= ?").run(end);
        db.prepare("DELETE FROM whole WHERE position <= ?").run(end);
      });
      return { first: reader.first(), usedBytes: usedBytes() };
    },
    /** The last position whose event is older than a time, 0 where there is none: events lie in the order of their times. */
    olderThan(wallMs: number): number {
      let [low, high] = [reader.first(), reader.last()];
      const timeOf = db.prepare("SELECT wall_ms AS wallMs FROM event WHERE position >= ? ORDER BY position LIMIT 1");
      if (low === 0 || Number(timeOf.get(low)?.wallMs) >= wallMs) return 0;
      while (low < high) {
        const middle = Math.ceil((low + high) / 2);
        if (Number(timeOf.get(middle)?.wallMs) < wallMs) low = middle;
        else high = middle - 1;
      }
      return low;
    },
    renewEpoch,
    read: (query: EventQuery): EventPage => reader.read(query),
    place: (query: PlaceQuery): Place => reader.place(query),
    whole: (position: number) => reader.whole(position),
    isEnded: (jobId: string): boolean => reader.isEnded(jobId),
    /** A job whose end is told elsewhere. */
    forget(jobId: string): void {
      closeJob.run(jobId);
    },
    close: () => db.close(),
  };
}
