/** The newest committed events in memory, so that readers that keep up never wait for the disk, and when each was committed. */
import type { EventPage, EventQuery, StoredEvent } from "./reader.ts";

export interface Recent {
  /** `events` follow each other and what was added before; `atMs` on the monotonic clock. */
  add(events: readonly StoredEvent[], atMs: number): void;
  /** Null where what follows `after` is not all here. */
  read(
    query: Pick<EventQuery, "after" | "limit" | "maxCharacters">,
    isWanted: (event: StoredEvent) => boolean,
  ): EventPage | null;
  /** Since when an event is committed; the start of this process for those of an earlier one. */
  committedAtMs(position: number): number;
}

const maxEvents = 4_096;
const maxCharacters = 4 * 1024 * 1024;
/** Commits whose times are kept; beyond it those of long ago are thinned. */
const maxMarks = 8_192;

interface Mark {
  last: number;
  atMs: number;
}

export function createRecent(startMs: number): Recent {
  let kept: StoredEvent[] = [];
  let characters = 0;
  let marks: Mark[] = [];

  function trim(): void {
    // In large steps: each moves what stays.
    if (kept.length <= 2 * maxEvents && characters <= 2 * maxCharacters) return;
    let from = Math.max(0, kept.length - maxEvents);
    characters = kept.slice(from).reduce((sum, { json }) => sum + json.length, 0);
    for (; characters > maxCharacters && from < kept.length - 1; from += 1) characters -= kept[from]?.json.length ?? 0;
    kept = kept.slice(from);
  }

  return {
    add(events, atMs) {
      const last = events.at(-1);
      if (last === undefined) return;
      for (const event of events) {
        kept.push(event);
        characters += event.json.length;
      }
      trim();
      marks.push({ last: last.position, atMs });
      if (marks.length > maxMarks) marks = thin(marks, atMs);
    },
    read({ after, limit, maxCharacters: most }, isWanted) {
      const first = kept[0];
      if (first === undefined || after < first.position - 1) return null;
      const events: StoredEvent[] = [];
      let read = 0;
      let through = after;
      // Positions follow each other: the place of the next one is known.
      for (let index = after - first.position + 1; index < kept.length && events.length < limit; index += 1) {
        const event = kept[index];
        if (event === undefined) break;
        if (isWanted(event)) {
          read += event.json.length;
          if (events.length > 0 && read > most) break;
          events.push(event);
        }
        through = event.position;
      }
      return { events, through };
    },
    committedAtMs(position) {
      let [low, high] = [0, marks.length];
      while (low < high) {
        const middle = (low + high) >>> 1;
        if ((marks[middle]?.last ?? 0) < position) low = middle + 1;
        else high = middle;
      }
      return marks[low]?.atMs ?? startMs;
    },
  };
}

/** Leaves what tells every age to a fiftieth of it. */
function thin(marks: readonly Mark[], nowMs: number): Mark[] {
  const kept: Mark[] = [];
  for (const [index, mark] of marks.entries()) {
    const sinceKeptMs = mark.atMs - (kept.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY);
    if (sinceKeptMs > (nowMs - mark.atMs) / 100 || index === marks.length - 1) kept.push(mark);
  }
  return kept;
}
