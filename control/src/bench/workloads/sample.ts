/** A sample of named things by a seed: the same whatever their order, and a larger one holds every smaller one. */
import { createHash } from "node:crypto";

/** Those whose hash together with the seed is least, in the order in which they came. */
export function sampleOf<Item extends { name: string }>(
  items: readonly Item[],
  { count, seed }: { count: number; seed: number },
): Item[] {
  if (items.length <= count) return [...items];
  const ranked = items
    .map((item, index) => ({ index, rank: createHash("sha256").update(`${seed}\n${item.name}`).digest("hex") }))
    .toSorted((a, b) => (a.rank < b.rank ? -1 : 1));
  const chosen = new Set(ranked.slice(0, count).map(({ index }) => index));
  return items.filter((_, index) => chosen.has(index));
}
