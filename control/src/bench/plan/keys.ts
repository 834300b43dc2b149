/** Keys: short hashes of what makes things equal, whatever order their fields are written in. */
import { createHash } from "node:crypto";

/** 16 hexadecimal digits of sha256 over canonical JSON: sorted keys, no undefined. */
export function keyOf(value: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(sorted(value)))
    .digest("hex")
    .slice(0, 16);
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, field]) => field !== undefined)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, field]) => [key, sorted(field)]),
  );
}

/** A seed that depends on all of these. */
export function seedOf(value: unknown): number {
  return Number.parseInt(keyOf(value).slice(0, 12), 16);
}
