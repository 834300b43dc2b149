/** The judge: what went wrong between the events that were told and those that a consumer received. Pure. */
import type { SealedEvent } from "../../src/events/sink.ts";
import type { Received } from "./subject.ts";

export type Told = Pick<SealedEvent, "id" | "partitionKey" | "json">;

export interface Verdict {
  /** Told and never received. */
  lost: number;
  /** Received and never told, or with another JSON or partition key than was told. */
  altered: number;
  /** Received again, with the same id. */
  duplicates: number;
  /** First receptions that came after that of a later event with the same partition key. */
  inversions: number;
  /** First receptions that came before that of an earlier event with the same key: a consumer saw a hole, if only for a while. */
  gaps: number;
}

/** `told` in the order in which the producer told. */
export function judge(told: readonly Told[], received: readonly Received[]): Verdict {
  const places = new Map<string, { event: Told; place: number }>();
  const perKey = new Map<string, number>();
  for (const event of told) {
    const place = perKey.get(event.partitionKey) ?? 0;
    perKey.set(event.partitionKey, place + 1);
    places.set(event.id, { event, place });
  }
  const seen = new Set<string>();
  const latest = new Map<string, number>();
  const verdict: Verdict = { lost: 0, altered: 0, duplicates: 0, inversions: 0, gaps: 0 };
  for (const { json, partitionKey } of received) {
    const id = idOf(json);
    const known = id === null ? undefined : places.get(id);
    if (
      known === undefined ||
      known.event.json !== json ||
      (partitionKey ?? known.event.partitionKey) !== known.event.partitionKey
    ) {
      verdict.altered += 1;
      continue;
    }
    const { event, place } = known;
    if (seen.has(event.id)) {
      verdict.duplicates += 1;
      continue;
    }
    seen.add(event.id);
    const before = latest.get(event.partitionKey) ?? -1;
    if (place < before) verdict.inversions += 1;
    else if (place > before + 1) verdict.gaps += 1;
    latest.set(event.partitionKey, Math.max(before, place));
  }
  verdict.lost = told.length - seen.size;
  return verdict;
}

export const flawless: Verdict = { lost: 0, altered: 0, duplicates: 0, inversions: 0, gaps: 0 };

function idOf(json: string): string | null {
  try {
    const { id } = JSON.parse(json) as { id?: unknown };
    return typeof id === "string" ? id : null;
  } catch {
    return null;
  }
}
