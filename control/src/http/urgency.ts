/** How urgent a request is, by its headers: its class, and the time that it may take. */
import { HumError } from "../core/errors.ts";
import { type Priority, priorities } from "../core/job.ts";
import { quote } from "../core/quote.ts";

const maxTimeoutMs = 24 * 3600 * 1000;

/** `X-Priority`, or the field `priority` where there is no header; interactive where there is neither. */
export function priorityOf(header: string | undefined, field: string | undefined): Priority {
  const asked = header ?? field;
  if (asked === undefined || asked === "") return "interactive";
  const found = priorities.find((priority) => priority === asked);
  if (found !== undefined) return found;
  const message = `priority is ${quote(asked)}; it must be one of ${priorities.join(", ")}`;
  throw new HumError("bad_request", message, { param: "priority" });
}

/** `X-Request-Timeout-Ms`; null where there is none. */
export function timeoutMsOf(header: string | undefined): number | null {
  if (header === undefined) return null;
  const timeoutMs = Number(header);
  if (/^\d+$/.test(header) && timeoutMs >= 1 && timeoutMs <= maxTimeoutMs) return timeoutMs;
  const message = `X-Request-Timeout-Ms is ${quote(header)}; it must be a whole number from 1 to ${maxTimeoutMs}`;
  throw new HumError("bad_request", message, { param: "X-Request-Timeout-Ms" });
}
