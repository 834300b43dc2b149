/** The spool: numbers every event, makes it safe on disk before anybody is told, and gives it to whoever reads. */
import { join } from "node:path";
import type { Clock } from "../../core/clock.ts";
import type { Config } from "../../core/config.ts";
import type { Log } from "../../core/log.ts";
import type { StreamName } from "../catalogue.ts";
import { createFilter } from "../filter.ts";
import { createCommits } from "./commits.ts";
import type { EventPage, EventQuery, Place, PlaceQuery, StoredEvent } from "./reader.ts";
import { createRecent } from "./recent.ts";
import { type Cursor, type JobMark, type Opening, type OpenJob, type SpoolEntry, sourceIn } from "./store.ts";
import { openSpoolThread } from "./thread.ts";

/** An event without its place, which the spool gives it. */
export type Draft = Omit<SpoolEntry, "position" | "stream" | "source" | "sequence">;
export type { EventPage, EventQuery, JobMark, OpenJob, Place, StoredEvent };

export interface Spool {
  /** Jobs of an earlier life that have no terminal event. */
  readonly openJobs: readonly OpenJob[];
  /** Where the file that was found damaged lies now, and what was wrong with it. */
  readonly damaged: Opening["damaged"];
  /** Names this run of positions: one of another spool means nothing here. */
  readonly id: string;
  /** The source that new events of a stream get. */
  source(stream: StreamName): string;
  /**
   * Takes the next place of a stream; `seal` makes the event for it. Resolves when the event is safe, rejects with
   * HumError `overloaded` where it is not after a while; it is then kept, and stored as soon as that is possible.
   */
  append(stream: StreamName, seal: (place: { source: string; sequence: number }) => Draft): Promise<void>;
  read(query: EventQuery): Promise<EventPage>;
  /** Where a source stands, seen from a sink whose cursor was moved once. */
  place(query: Omit<PlaceQuery, "since"> & { sink: string }): Promise<Place>;
  /** The whole data of an event whose JSON holds only a part; null where the JSON has all. */
  whole(position: number): Promise<string | null>;
  /** Whether a job's terminal event is stored here. */
  isEnded(jobId: string): Promise<boolean>;
  /** That a job has no terminal event means nothing any more: another node tells its end. */
  forget(jobId: string): Promise<void>;
  /** Begins new sequences, under new sources; what is stored keeps its own. */
  renewEpoch(): Promise<string>;
  /** Called after each commit, until the returned function is. */
  onCommitted(listener: () => void): () => void;
  /** Oldest and last position that is stored. */
  bounds(): { first: number; last: number };
  /** The last sequence that is stored of a stream. */
  sequence(stream: StreamName): number;
  committedAtMs(position: number): number;
  cursor(sink: string): number | undefined;
  /** Stored with the next commit, or at once where none is under way. */
  moveCursor(sink: string, position: number): void;
  /** Removes the oldest, as far as `through`; returns the oldest that is left. */
  prune(options: { through: number; limit: number }): Promise<number>;
  olderThan(wallMs: number): Promise<number>;
  usedBytes(): number;
  /** Why nothing can be stored now; null where all is well. */
  failure(): string | null;
  /** Events that are not safe yet. */
  waiting(): number;
  stop(): Promise<void>;
}

export interface SpoolOptions {
  config: Pick<Config, "data_dir" | "events">;
  clock: Clock;
  log: Log;
  patienceMs?: number;
  retryMs?: number;
}

export const spoolFileOf = (dataDir: string) => join(dataDir, "spool", "events.sqlite");

/** Rejects with SQLite's reason where the file cannot be opened or made. */
export async function openSpool(options: SpoolOptions): Promise<Spool> {
  const { config, clock, log } = options;
  const { node } = config.events;
  const path = spoolFileOf(config.data_dir);
  const start = { path, node, wallMs: clock.wallMs() };
  const thread = await openSpoolThread({ start, onReplaced }).catch((error: Error) => {
    throw new Error(`the event spool ${path} cannot be opened: ${error.message}`, { cause: error });
  });
  const { opening } = thread;
  tellDamage(opening);

  let { epoch, first, last: given, usedBytes } = opening;
  let stored = given;
  /** Given out, and stored. */
  const numbers = new Map(Object.entries(opening.sequences) as [StreamName, number][]);
  const storedNumbers = new Map(numbers);
  const cursors = new Map(Object.entries(opening.cursors));
  const movedCursors = new Map<string, Cursor>();
  const recent = createRecent(clock.monotonicMs());
  const listeners = new Set<() => void>();
  const sourceOf = (stream: StreamName) => sourceIn({ node, epoch, stream });

  function tellDamage({ damaged }: Opening): void {
    if (damaged === null) return;
    log.error({ ...damaged }, "the event spool was damaged and was set aside; a new one begins");
  }

  /** The file may be another one now, or its epoch, where the thread died before it could say so. */
  function onReplaced(reopened: Opening): void {
    log.error({ path }, "the event spool's thread died; another one goes on");
    tellDamage(reopened);
    ({ first, usedBytes } = reopened);
    if (reopened.epoch !== epoch) beginEpoch(reopened.epoch);
    for (const [sink, cursor] of cursors) movedCursors.set(sink, cursor);
  }

  function beginEpoch(begun: string): void {
    epoch = begun;
    numbers.clear();
    storedNumbers.clear();
  }

  /** A thread that died may have written its last group, or not: storing an event again changes nothing. */
  async function write(group: readonly SpoolEntry[]): Promise<void> {
    const moved = new Map(movedCursors);
    if (group.length > 0) {
      ({ usedBytes } = await thread.call("append", { entries: group, cursors: moved }));
      for (const { source, stream, sequence } of group)
        if (source === sourceOf(stream)) storedNumbers.set(stream, sequence);
    } else if (moved.size > 0) {
      await thread.call("saveCursors", moved);
    }
    for (const [sink, cursor] of moved) if (movedCursors.get(sink) === cursor) movedCursors.delete(sink);
  }

  const commits = createCommits({
    clock,
    write,
    onWritten(group) {
      const last = group.at(-1);
      if (last === undefined) return;
      stored = last.position;
      if (first === 0) first = group[0]?.position ?? 0;
      // What is too large for an event is not kept in memory.
      recent.add(
        group.map(({ whole, mark, ...event }) => event),
        clock.monotonicMs(),
      );
      for (const listener of listeners) listener();
    },
    onFailure: (reason) => log.error({ reason, path }, "events cannot be stored: no work is taken until they can"),
    onRecovery: () => log.info({ path }, "events are stored again"),
    patienceMs: options.patienceMs ?? 5_000,
    retryMs: options.retryMs ?? 250,
  });

  return {
    openJobs: opening.openJobs,
    damaged: opening.damaged,
    id: opening.spool,
    source: sourceOf,
    append(stream, seal) {
      const place = { source: sourceOf(stream), sequence: (numbers.get(stream) ?? 0) + 1 };
      const draft = seal(place);
      numbers.set(stream, place.sequence);
      given += 1;
      return commits.add({ ...draft, ...place, stream, position: given });
    },
    async read(query) {
      const { patterns, jobId } = query;
      const fits = createFilter(patterns);
      const isOfJob = ({ stream, partitionKey }: StoredEvent) => stream === "transcription" && partitionKey === jobId;
      const page = recent.read(query, (event) => (jobId === null || isOfJob(event)) && fits(event.name));
      return page ?? thread.call("read", query);
    },
    place: ({ sink, ...query }) => thread.call("place", { ...query, since: cursors.get(sink)?.since ?? 0 }),
    whole: (position) => thread.call("whole", position),
    isEnded: (jobId) => thread.call("isEnded", jobId),
    forget: (jobId) => commits.between(() => thread.call("forget", jobId)),
    renewEpoch: () =>
      commits.between(async () => {
        beginEpoch(await thread.call("renewEpoch"));
        return epoch;
      }),
    onCommitted(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    bounds: () => ({ first, last: stored }),
    sequence: (stream) => storedNumbers.get(stream) ?? 0,
    committedAtMs: recent.committedAtMs,
    cursor: (sink) => cursors.get(sink)?.position,
    moveCursor(sink, position) {
      const cursor = { position, since: cursors.get(sink)?.since ?? position };
      cursors.set(sink, cursor);
      movedCursors.set(sink, cursor);
      commits.kick();
    },
    async prune(range) {
      const pruned = await thread.call("prune", range);
      ({ first, usedBytes } = pruned);
      return first;
    },
    olderThan: (wallMs) => thread.call("olderThan", wallMs),
    usedBytes: () => usedBytes,
    failure: commits.failure,
    waiting: commits.waiting,
    async stop() {
      await commits.stop();
      await thread.stop();
    },
  };
}
