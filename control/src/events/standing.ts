/** What a bus has, seen from the spool: which events it lacks, which it has twice been offered, and whether it forgot. */
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { streamNames } from "./catalogue.ts";
import type { Outgoing, Sink, SinkConnection } from "./sink.ts";
import type { Spool, StoredEvent } from "./spool/spool.ts";

export interface Standing {
  /**
   * Asks the bus what it has, and returns the position behind which it must be given everything: `cursor`, or less where
   * it lost what it had acknowledged. A bus that has nothing of what it was given, or more than was ever stored here,
   * makes the spool begin a new epoch.
   */
  learn(connection: SinkConnection, cursor: number): Promise<number>;
  /** Those of the events that the bus lacks, each with its predecessor. */
  address(events: readonly StoredEvent[]): Outgoing[];
  delivered(events: readonly Outgoing[]): void;
  /** The bus will not get it: what follows has the same predecessor. */
  skipped(event: Outgoing): void;
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
  /** By source, the last sequence that the bus has. */
  const has = new Map<string, number>();

  async function learn(connection: SinkConnection, cursor: number): Promise<number> {
    if (connection.recall === undefined) return cursor;
    const sources = streamNames.map((stream) => spool.source(stream));
    const recalled = await connection.recall(sources);
    let back = cursor;
    for (const stream of streamNames) {
      const source = spool.source(stream);
      const sequence = recalled.get(source) ?? 0;
      const { nextPosition, given } = await spool.place({ stream, sequence, cursor, patterns: types });
      const isForgotten = sequence === 0 && given !== null && clock.wallMs() - given.wallMs <= sink.remembersMs;
      if (isForgotten || sequence > spool.sequence(stream)) {
        await beginEpoch(source, { isForgotten });
        has.clear();
        return cursor;
      }
      // It forgets what is old, and then takes anything.
      has.set(source, sequence);
      if (sequence > 0 && nextPosition !== null) back = Math.min(back, nextPosition - 1);
    }
    return back;
  }

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
        const predecessor = before.get(source) ?? has.get(source) ?? 0;
        if (sequence <= predecessor) return [];
        before.set(source, sequence);
        return [{ ...event, predecessor }];
      });
    },
    delivered(events) {
      for (const { source, sequence } of events) has.set(source, sequence);
    },
    skipped() {},
  };
}
