/** Redis's replies about entries of the stream of commands, as deliveries. */
import { z } from "zod";
import type { Delivery } from "./source.ts";

const id = z.string().regex(/^[0-9]+-[0-9]+$/);
/** Entries that were deleted meanwhile have no fields, or are null themselves. */
const entries = z
  .array(z.tuple([id, z.array(z.string()).nullable()]).nullable())
  .transform((list) =>
    list.flatMap((entry) => (entry === null || entry[1] === null ? [] : [{ id: entry[0], fields: entry[1] }])),
  );
export type Entry = { id: string; fields: string[] };

export const claimedSchema = entries;
/** Of one stream; null where nothing came in time. */
export const readSchema = z
  .array(z.tuple([z.string(), entries]))
  .nullable()
  .transform((streams) => streams?.[0]?.[1] ?? []);
export const autoclaimedSchema = z.tuple([z.string(), entries]).rest(z.unknown());
/** `[id, consumer, milliseconds idle, deliveries]` of each. */
export const pendingSchema = z.array(z.tuple([id, z.string(), z.number(), z.number()]));
/** How many, and the first of them. */
export const summarySchema = z.tuple([z.int(), id.nullable()]).rest(z.unknown());

/** Redis's own clock, in whole milliseconds. */
export const timeOf = (entryId: string) => Number(entryId.slice(0, entryId.indexOf("-")));

/** The same, with its place among those of one millisecond as a fraction: they keep their order. */
export const sentMsOf = (entryId: string) =>
  timeOf(entryId) + Math.min(999, Number(entryId.slice(entryId.indexOf("-") + 1))) / 1000;

/** A command without its field is one that cannot be read. */
export const textOf = ({ fields }: Entry) =>
  fields.find((_, index) => index % 2 === 1 && fields[index - 1] === "ce") ?? "";

export const deliveryOf = (entry: Entry, deliveries: number): Delivery => ({
  key: entry.id,
  text: textOf(entry),
  sentMs: sentMsOf(entry.id),
  deliveries,
});
