/** Events that wait for a bus, oldest first and bounded: past the bound the oldest go. */
import type { SealedEvent } from "./sink.ts";

export interface Backlog {
  readonly size: number;
  /** How many were dropped to make room. */
  add(event: SealedEvent): number;
  /** The oldest, up to a count and a number of characters of JSON; at least one where there is any. */
  take(limit: { events: number; characters: number }): SealedEvent[];
  /** Returns to the front what was taken and not delivered; how many were dropped for it. */
  putBack(events: readonly SealedEvent[]): number;
}

export function createBacklog(maxEvents: number): Backlog {
  let waiting: SealedEvent[] = [];

  function trim(): number {
    const excess = Math.max(0, waiting.length - maxEvents);
    if (excess > 0) waiting.splice(0, excess);
    return excess;
  }

  return {
    get size() {
      return waiting.length;
    },
    add(event) {
      waiting.push(event);
      return trim();
    },
    take(limit) {
      let events = 0;
      for (let characters = 0; events < Math.min(limit.events, waiting.length); events += 1) {
        characters += waiting[events]?.json.length ?? 0;
        if (events > 0 && characters > limit.characters) break;
      }
      return waiting.splice(0, events);
    },
    putBack(events) {
      waiting = [...events, ...waiting];
      return trim();
    },
  };
}
