/** Running a job again without telling it again: what a later attempt repeats is suppressed, what differs is told. */
import { isDeepStrictEqual } from "node:util";
import type { JobEvent } from "../core/job.ts";
import type { Segment } from "../core/transcript.ts";

export interface Replay {
  /** The events that this segment makes: none, itself, or `restarted` before itself. */
  segment(segment: Segment, at: { attempt: number; index: number }): JobEvent[];
  /** The events that the end of an attempt makes: `restarted` where it yielded less than was told before. */
  finish(at: { attempt: number; count: number }): JobEvent[];
  segments(): Segment[];
}

export function createReplay(): Replay {
  const told: Segment[] = [];

  function voidFrom(index: number, attempt: number): JobEvent[] {
    if (index >= told.length) return [];
    told.length = index;
    return [{ type: "restarted", attempt, from_index: index }];
  }

  return {
    segment(segment, { attempt, index }) {
      if (index < told.length && isDeepStrictEqual(told[index], segment)) return [];
      const events = voidFrom(index, attempt);
      told.push(segment);
      return [...events, { type: "segment", attempt, index, segment }];
    },
    finish: ({ attempt, count }) => voidFrom(count, attempt),
    segments: () => told,
  };
}
