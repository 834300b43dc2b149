/** Which part of the spool a pump delivers now: the feed behind its cursor, or before it what somebody asked for again. */
import type { Outgoing } from "./sink.ts";
import type { Spool, StoredEvent } from "./spool/spool.ts";

export interface Stretch {
  /** Everything up to here is done. */
  cursor: number;
  /** A replay ends here, and what was done before goes on. Null for the feed itself. */
  readonly until: number | null;
}

export interface Stretches {
  readonly feed: Stretch;
  current(): Stretch;
  moveTo(stretch: Stretch, position: number): void;
  /** Puts what lies from `first` up to the feed's cursor before it; returns how many positions that are. */
  replay(first: number): number;
  /** Positions that are still to be replayed. */
  replaying(): number;
}

export function createStretches(spool: Spool, sink: string): Stretches {
  // A sink that is new begins with what comes, unless the spool is as new as it is.
  const feed: Stretch = { cursor: spool.cursor(sink) ?? spool.bounds().last, until: null };
  const replays: (Stretch & { until: number })[] = [];

  return {
    feed,
    current: () => replays[0] ?? feed,
    moveTo(stretch, position) {
      stretch.cursor = position;
      if (stretch.until === null) spool.moveCursor(sink, position);
      else if (position >= stretch.until && replays[0] === stretch) replays.shift();
    },
    replay(first) {
      const until = feed.cursor;
      const cursor = Math.max(first, spool.bounds().first, 1) - 1;
      if (cursor >= until) return 0;
      replays.push({ cursor, until });
      return until - cursor;
    },
    replaying: () => replays.reduce((sum, { cursor, until }) => sum + until - cursor, 0),
  };
}

export const asReplay = (event: StoredEvent): Outgoing => ({ ...event, predecessor: 0, isReplay: true });
