/** What GET /v1/events is asked for: from where on, which types, of which job. */
import { HumError } from "../core/errors.ts";
import { quote } from "../core/quote.ts";
import { eventPattern } from "../core/sink-settings.ts";
import { eventNames } from "../events/catalogue.ts";
import { createFilter } from "../events/filter.ts";
import type { Spool } from "../events/spool/spool.ts";

export interface EventsAsked {
  /** Events behind this position; null where nothing was said. */
  after: number | null;
  limit: number;
  patterns: string[];
  jobId: string | null;
}

const defaultLimit = 100;
const maxLimit = 1_000;
/** Every one is looked for in every event. */
const maxTypes = 64;

/** Where an event is, for whoever comes back: a position of another spool is known as such. */
export const cursorOf = (spool: Pick<Spool, "id">, position: number) => `${spool.id}-${position}`;

/** Throws HumError `bad_request` that says which parameter was wrong, and what would be right. */
export function readEventQuery(
  request: { queries: Record<string, string[] | undefined>; lastEventId: string | undefined },
  spool: Pick<Spool, "id">,
): EventsAsked {
  const { queries, lastEventId } = request;
  const one = (name: string) => queries[name]?.at(-1);
  const types = readTypes(queries.type ?? []);
  const after = lastEventId ?? one("after");
  return {
    after: after === undefined ? null : readCursor(after, spool),
    limit: readLimit(one("limit")),
    patterns: types.length === 0 ? ["*"] : types,
    jobId: one("job") ?? null,
  };
}

/** A plain position, or one with its spool's name: of another spool all that is here is new. */
function readCursor(value: string, spool: Pick<Spool, "id">): number {
  const [, id, position] = /^(?:([0-9a-f]{8})-)?([0-9]{1,15})$/.exec(value) ?? [];
  if (position === undefined) {
    const message = `after is ${quote(value)}; it must be a position such as 1234, or the id or next of an earlier answer`;
    throw new HumError("bad_request", message, { param: "after" });
  }
  return id === undefined || id === spool.id ? Number(position) : 0;
}

function readTypes(values: readonly string[]): string[] {
  const types = values.flatMap((value) => value.split(","));
  if (types.length <= maxTypes) return types.map((type) => readType(type.trim()));
  const message = `${types.length} types were given; there may be at most ${maxTypes}, and * in one stands for many`;
  throw new HumError("bad_request", message, { param: "type" });
}

/** `transcription.completed`, `transcription.*`, or a whole `io.humhelix.transcription.completed.v1`. */
function readType(value: string): string {
  const name = value.replace(/^io\.humhelix\./, "").replace(/\.v1$/, "");
  const parsed = eventPattern.safeParse(name);
  if (parsed.success && eventNames.some(createFilter([parsed.data]))) return parsed.data;
  const message = parsed.success
    ? `type is ${quote(value)}, which fits no event; GET /asyncapi.json has all of them`
    : `type is ${quote(value)}; it must be a name such as transcription.completed, in which * stands for anything`;
  throw new HumError("bad_request", message, { param: "type" });
}

function readLimit(value: string | undefined): number {
  if (value === undefined) return defaultLimit;
  const limit = Number(value);
  if (Number.isInteger(limit) && limit >= 1 && limit <= maxLimit) return limit;
  throw new HumError("bad_request", `limit is ${quote(value)}; it must be a whole number from 1 to ${maxLimit}`, {
    param: "limit",
  });
}
