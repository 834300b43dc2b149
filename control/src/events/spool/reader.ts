/** Reads the spool: events behind a position, what a sink was given last, and a job's own. */
import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import type { StreamName } from "../catalogue.ts";

/** An event as the spool has it. */
export interface StoredEvent {
  position: number;
  stream: StreamName;
  name: string;
  id: string;
  type: string;
  source: string;
  sequence: number;
  partitionKey: string;
  /** When it was sealed, in milliseconds since the epoch. */
  wallMs: number;
  json: string;
}

export interface EventQuery {
  /** Events behind this position. */
  after: number;
  limit: number;
  /** Of JSON; at least one event is read where there is any. */
  maxCharacters: number;
  /** Names, in which `*` stands for anything; any of them. */
  patterns: readonly string[];
  /** Only what a job told; null for all. */
  jobId: string | null;
}

export interface EventPage {
  events: StoredEvent[];
  /** What follows is behind this position: nothing before it fits the query and is missing here. */
  through: number;
}

/** Where a source stands in the spool, seen from a sink. */
export interface Place {
  /** The first event of the source that comes after a sequence, and was meant for the sink. */
  nextPosition: number | null;
  /** The last event of the source that the sink was given. */
  given: { sequence: number; wallMs: number } | null;
}

export interface PlaceQuery {
  source: string;
  /** The last that the bus has; 0 for none. */
  sequence: number;
  cursor: number;
  /** Where the sink began. */
  since: number;
  patterns: readonly string[];
}

/** Rows looked at by one read: a filter that fits nothing must not keep commits waiting while it searches the whole file. */
const maxScan = 20_000;

const columns =
  "position, stream, name, id, type, source, sequence, partition_key AS partitionKey, wall_ms AS wallMs, json";

export function createReader(db: DatabaseSync) {
  const number = (row: Record<string, SQLOutputValue> | undefined, name: string) => Number(row?.[name] ?? 0);
  const first = db.prepare("SELECT min(position) AS position FROM event");
  const last = db.prepare("SELECT max(position) AS position FROM event");
  const wholeOf = db.prepare("SELECT data FROM whole WHERE position = ?");

  /** The condition for any of the patterns, and its parameters. */
  function named(patterns: readonly string[]): { condition: string; names: string[] } {
    if (patterns.includes("*")) return { condition: "1", names: [] };
    return { condition: `(${patterns.map(() => "name GLOB ?").join(" OR ")})`, names: [...patterns] };
  }

  function read(query: EventQuery): EventPage {
    const { after, limit, maxCharacters, patterns, jobId } = query;
    const end = Math.min(number(last.get(), "position"), jobId === null ? after + maxScan : Number.MAX_SAFE_INTEGER);
    const { condition, names } = named(patterns);
    const ofJob = jobId === null ? "" : "AND stream = 'transcription' AND partition_key = ?";
    const statement = db.prepare(
      `SELECT ${columns} FROM event WHERE position > ? AND position <= ? ${ofJob} AND ${condition} ORDER BY position LIMIT ?`,
    );
    const parameters = [after, end, ...(jobId === null ? [] : [jobId]), ...names, limit];
    const events: StoredEvent[] = [];
    let characters = 0;
    for (const row of statement.iterate(...parameters)) {
      const event = row as unknown as StoredEvent;
      characters += event.json.length;
      if (events.length > 0 && characters > maxCharacters) return { events, through: through(events, after) };
      events.push(event);
    }
    return { events, through: events.length < limit ? Math.max(after, end) : through(events, after) };
  }

  function place(query: PlaceQuery): Place {
    const { source, sequence, cursor, since, patterns } = query;
    const { condition, names } = named(patterns);
    const next = db
      .prepare(
        `SELECT position FROM event WHERE source = ? AND sequence > ? AND ${condition}
         AND position > ? ORDER BY sequence LIMIT 1`,
      )
      .get(source, sequence, ...names, since);
    const given = db
      .prepare(
        `SELECT sequence, wall_ms AS wallMs FROM event WHERE source = ? AND position > ? AND position <= ? AND ${condition}
         ORDER BY sequence DESC LIMIT 1`,
      )
      .get(source, since, cursor, ...names);
    return {
      nextPosition: next === undefined ? null : number(next, "position"),
      given: given === undefined ? null : { sequence: number(given, "sequence"), wallMs: number(given, "wallMs") },
    };
  }

  const terminal = db.prepare(
    `SELECT 1 FROM event WHERE stream = 'transcription' AND partition_key = ?
     AND name IN ('transcription.completed', 'transcription.failed', 'transcription.cancelled') LIMIT 1`,
  );

  return {
    /** 0 where there is none. */
    first: () => number(first.get(), "position"),
    last: () => number(last.get(), "position"),
    read,
    place,
    /** Whether a job's terminal event is here. */
    isEnded: (jobId: string) => terminal.get(jobId) !== undefined,
    /** The whole data of an event whose JSON holds only a part; null where the JSON has all. */
    whole: (position: number) => (wholeOf.get(position)?.data as string | undefined) ?? null,
  };
}

const through = (events: readonly StoredEvent[], after: number) => events.at(-1)?.position ?? after;
