/** What a bus has, seen from the spool: which events it lacks, which it has twice been offered, and whether it forgot. */
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { eventNames, type StreamName, streamNames, streamOf } from "./catalogue.ts";
import { createFilter } from "./filter.ts";
import type { Outgoing, Sink, SinkConnection } from "./sink.ts";
import type { Spool, StoredEvent } from "./spool/spool.ts";
import { within } from "./within.ts";

export interface Standing {
  /**
   * Asks the bus what it has, and returns the position behind which it must be given everything: `cursor`, or less where
   * it lost what it had acknowledged. A bus that has nothing of all that it was given, or more than was ever stored here,
   * makes the spool begin a new epoch. Rejects where the bus does not answer before `signal` aborts.
   */
  learn(connection: SinkConnection, options: { cursor: number; signal: AbortSignal }): Promise<number>;
  /** Those of the events that the bus lacks, each with its predecessor. */
  address(events: readonly StoredEvent[]): Outgoing[];
  delivered(events: readonly Outgoing[]): void;
}

export interface StandingOptions {
  sink: Sink;
  spool: Spool;
  types: readonly string[];
  clock: Clock;
  log: Log;
}

export function createStanding(options: StandingOptions): Standing {
  const { sink, spool, types, clock, log } = options;
  const isWanted = createFilter(types);
  /** Those that the sink gets something of: the spool would be searched to its end for what it never has of the others. */
  const streams = streamNames.filter((stream) =>
    eventNames.some((name) => streamOf(name) === stream && isWanted(name)),
  );
  /** By source, the last sequence that the bus has. */
  const has = new Map<string, number>();
  /** By source of which the bus has later events than the spool, the last: up to it, numbers stand for other events there. */
  const outrun = new Map<string, number>();

  async function learn(
    connection: SinkConnection,
    { cursor, signal }: { cursor: number; signal: AbortSignal },
  ): Promise<number> {
    if (connection.recall === undefined) return cursor;
    const current = streams.map((stream) => spool.source(stream));
    const sources = [...new Set([...current, ...has.keys()])];
    const recalled = await within(connection.recall(sources), signal);
    const hasSome = current.some((source) => recalled.has(source));
    let back = cursor;
    for (const source of sources) {
      const stream = streamOfSource(source);
      const sequence = recalled.get(source) ?? 0;
      const { nextPosition, given } = await spool.place({
        sink: sink.name,
        source,
        sequence,
        cursor,
        patterns: types,
      });
      // Asked only now: another sink may have begun a new epoch since the bus was asked.
      const isCurrent = spool.source(stream) === source;
      // A bus forgets what is old, and then takes anything.
      const isForgotten = isCurrent && sequence === 0 && given !== null && isYoung(given.wallMs);
      const isAhead = isCurrent && sequence > spool.sequence(stream);
      if (isAhead || (isForgotten && !hasSome)) {
        if (isAhead) outrun.set(source, sequence);
        await beginEpoch(source, { isForgotten });
        has.clear();
        return cursor;
      }
      has.set(source, sequence);
      if ((sequence > 0 || isForgotten) && nextPosition !== null) back = Math.min(back, nextPosition - 1);
    }
    return back;
  }

  const isYoung = (wallMs: number) => sink.remembersMs > 0 && clock.wallMs() - wallMs <= sink.remembersMs;

  async function beginEpoch(source: string, { isForgotten }: { isForgotten: boolean }): Promise<void> {
    // Another sink may have seen the same: once is enough.
    if (!streamNames.some((stream) => spool.source(stream) === source)) return;
    const epoch = await spool.renewEpoch();
    const why = isForgotten
      ? "the bus has lost the events that it had stored: a new epoch begins"
      : "the bus has later events of this node than the spool: a new epoch begins";
    log.warn({ sink: sink.name, epoch }, why);
  }

  return {
    learn,
    address(events) {
      const before = new Map<string, number>();
      return events.flatMap((event) => {
        const { source, sequence } = event;
        if (sequence <= (outrun.get(source) ?? 0)) return [{ ...event, predecessor: 0, isReplay: true }];
        const predecessor = before.get(source) ?? has.get(source) ?? 0;
        if (sequence <= predecessor) return [];
        before.set(source, sequence);
        return [{ ...event, predecessor }];
      });
    },
    delivered(events) {
      for (const { source, sequence } of events) has.set(source, sequence);
    },
  };
}

/** `/humhelix/<node>/<epoch>/<stream>` */
const streamOfSource = (source: string) => source.slice(source.lastIndexOf("/") + 1) as StreamName;
