/**
 * Sends many events at a time to a bus that acknowledges each by itself and tells no duplicates: those of one partition
 * key go one after another, so that whichever is refused or lost, no key ever has a hole.
 */
import type { Delivery, Outgoing, Stop } from "../sink.ts";

export interface Lanes {
  /** `send` resolves with what speaks against the event, null where the bus has it; rejecting is `failed`. */
  deliver(batch: readonly Outgoing[], send: (event: Outgoing) => Promise<Stop | null>): Promise<Delivery>;
}

/** For one sink, over all its connections. */
export function createLanes(): Lanes {
  /** Ids of events that the bus has, behind one that it has not: they are offered again, and not sent again. */
  let ahead = new Set<string>();

  return {
    async deliver(batch, send) {
      let end = batch.length;
      let stopped: Stop | null = null;
      const stop = (index: number, why: Stop) => {
        if (index < end) stopped = why;
        end = Math.min(end, index);
      };
      const follow = async (lane: readonly (readonly [number, Outgoing])[]) => {
        for (const [index, event] of lane) {
          if (index >= end) return;
          if (ahead.has(event.id)) continue;
          const against = await send(event).catch(failed);
          if (against !== null) return stop(index, against);
          ahead.add(event.id);
        }
      };
      const lanes = Map.groupBy(batch.entries(), ([, { partitionKey }]) => partitionKey);
      await Promise.all([...lanes.values()].map(follow));
      ahead = new Set(batch.slice(end).flatMap(({ id }) => (ahead.has(id) ? [id] : [])));
      return { delivered: end, duplicates: 0, stopped };
    },
  };
}

const failed = (thrown: unknown): Stop => ({
  kind: "failed",
  error: thrown instanceof Error ? thrown : new Error(String(thrown)),
});
