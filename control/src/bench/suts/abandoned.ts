/** A request that nobody waits for any longer: a time-out is its outcome, all else ends the run. */
import type { Outcome } from "./sut.ts";

/** Throws the signal's reason where it is no time-out. */
export function abandoned(signal: AbortSignal): Outcome {
  const reason: unknown = signal.reason;
  if (!(reason instanceof DOMException) || reason.name !== "TimeoutError") throw reason;
  return { ok: false, failure: { status: "timeout", code: "timeout", message: reason.message } };
}
