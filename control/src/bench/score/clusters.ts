/** The word errors of each utterance with the cluster that it is resampled in: what intervals of a WER are made of. */
import type { Score } from "./score.ts";

export interface ClusteredCounts {
  /** Such as the speaker; an utterance that stands alone is a cluster of its own. */
  cluster: string;
  errors: number;
  words: number;
}

/** Of those with a reference that says something, in the order of `scored`; `key` is the item's. */
export function clusteredCounts(
  scored: readonly { key: string; cluster: string | null; score: Pick<Score, "errors" | "words"> }[],
): ClusteredCounts[] {
  return scored.flatMap(({ key, cluster, score: { errors, words } }) =>
    errors === null || words === null ? [] : [{ cluster: cluster ?? key, errors, words }],
  );
}
