/**
 * Sends many events at a time to a bus that acknowledges each by itself and tells no duplicates: those of one partition
 * key go one after another, so that whichever is refused or lost, no key ever has a hole.
 *
 * Brokers answer what is too large for them by breaking the connection, with all that is on its way. So an event that is
 * larger than any before goes alone: then it is known which one it was, and nothing else is sent twice for it.
 */

import { toError } from "../../core/to-error.ts";
import type { Delivery, Outgoing, Stop } from "../sink.ts";

/** Resolves with what speaks against the event, null where the bus has it; rejecting is `failed`. */
export type Send = (event: Outgoing) => Promise<Stop | null>;

export interface Lanes {
  deliver(batch: readonly Outgoing[], send: Send): Promise<Delivery>;
}

/** No broker is set to take less. */
const surelyTakenBytes = 4096;

/** For one sink, over all its connections. */
export function createLanes(): Lanes {
  /** Ids of events that the bus has, behind one that it has not: they are offered again, and not sent again. */
  let ahead = new Set<string>();
  let provenBytes = surelyTakenBytes;

  const bytesOf = ({ json }: Outgoing) => Buffer.byteLength(json);
  const isProven = (event: Outgoing) => bytesOf(event) <= provenBytes;

  /** Of the events from `start` on, up to the next one that has to go alone. */
  function runFrom(batch: readonly Outgoing[], start: number): readonly Outgoing[] {
    const alone = batch.findIndex((event, index) => index >= start && !isProven(event));
    if (alone < 0) return batch.slice(start);
    return batch.slice(start, Math.max(alone, start + 1));
  }

  async function deliverRun(run: readonly Outgoing[], send: Send) {
    let delivered = run.length;
    let stopped: Stop | null = null;
    const follow = async (lane: readonly (readonly [number, Outgoing])[]) => {
      for (const [index, event] of lane) {
        if (index >= delivered) return;
        if (ahead.has(event.id)) continue;
        const against = await send(event).catch(failed);
        if (against === null) {
          ahead.add(event.id);
          provenBytes = Math.max(provenBytes, bytesOf(event));
        } else if (index < delivered) {
          delivered = index;
          stopped = against;
        }
      }
    };
    const lanes = Map.groupBy(run.entries(), ([, { partitionKey }]) => partitionKey);
    await Promise.all([...lanes.values()].map(follow));
    return { delivered, stopped };
  }

  return {
    async deliver(batch, send) {
      let delivered = 0;
      let stopped: Stop | null = null;
      while (delivered < batch.length && stopped === null) {
        const run = await deliverRun(runFrom(batch, delivered), send);
        delivered += run.delivered;
        stopped = run.stopped;
      }
      ahead = new Set(batch.slice(delivered).flatMap(({ id }) => (ahead.has(id) ? [id] : [])));
      return { delivered, duplicates: 0, stopped };
    },
  };
}

const failed = (thrown: unknown): Stop => ({
  kind: "failed",
  error: toError(thrown),
});
