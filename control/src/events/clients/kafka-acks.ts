/** Which messages of a consumer group's partitions are done, and so how far each partition can be committed. */

export interface Commit {
  partition: number;
  /** Of the first message that is not done: where another member would go on. */
  offset: bigint;
}

export interface Acks {
  /** Messages that were begun and are not done. */
  inFlight(): number;
  /** False for a message that is in work already, or done: after a rebalance all that is not committed is read again. */
  begin(partition: number, offset: bigint): boolean;
  done(partition: number, offset: bigint): void;
  /** What has become possible to commit since it was last `committed`: of each partition, behind its first gap of messages. */
  due(): Commit[];
  committed(commits: readonly Commit[]): void;
  /** Forgets all other partitions: they are someone else's now, who reads again what we have not committed. */
  keep(partitions: readonly number[]): void;
}

interface Track {
  /** Begun, in the order of their offsets, from the first that is not done. */
  messages: Map<bigint, "begun" | "done">;
  /** Everything below is done. */
  floor: bigint;
  committed: bigint;
}

export function createAcks(): Acks {
  const tracks = new Map<number, Track>();

  return {
    inFlight: () =>
      tracks.values().reduce(
        (sum, { messages }) =>
          sum +
          messages
            .values()
            .filter((state) => state === "begun")
            .toArray().length,
        0,
      ),
    begin(partition, offset) {
      const track = tracks.getOrInsertComputed(partition, () => ({
        messages: new Map(),
        floor: offset,
        committed: offset,
      }));
      if (offset < track.floor || track.messages.has(offset)) return false;
      track.messages.set(offset, "begun");
      return true;
    },
    done(partition, offset) {
      const track = tracks.get(partition);
      if (track?.messages.get(offset) !== "begun") return;
      track.messages.set(offset, "done");
      for (const [next, state] of track.messages) {
        if (state !== "done") break;
        track.messages.delete(next);
        track.floor = next + 1n;
      }
    },
    due: () =>
      tracks
        .entries()
        .filter(([, { floor, committed }]) => floor > committed)
        .map(([partition, { floor }]) => ({ partition, offset: floor }))
        .toArray(),
    committed(commits) {
      for (const { partition, offset } of commits) {
        const track = tracks.get(partition);
        if (track !== undefined) track.committed = offset;
      }
    },
    keep(partitions) {
      for (const partition of tracks.keys()) if (!partitions.includes(partition)) tracks.delete(partition);
    },
  };
}
