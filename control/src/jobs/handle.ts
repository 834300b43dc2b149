/** A submitted job as its submitter sees it: its events in order, and its transcript. */
import type { HumError } from "../core/errors.ts";
import type { JobEvent } from "../core/job.ts";
import type { Transcript } from "../core/transcript.ts";

export interface JobHandle {
  readonly id: string;
  /** Every event from the first on, ending after the terminal one; may be iterated any number of times. */
  events(): AsyncIterable<JobEvent>;
  /** Resolves on `done`, rejects with a HumError on `failed`. */
  readonly transcript: Promise<Transcript>;
}

export interface JobTeller {
  readonly handle: JobHandle;
  /**
   * False once a terminal event has been told: what comes later is dropped, so that there is exactly one. The submitter
   * hears of a terminal event when `safe` resolves; where it rejects with a HumError, of that failure instead.
   */
  tell(event: JobEvent, safe?: Promise<void>): boolean;
}

export function createTeller(id: string): JobTeller {
  const told: JobEvent[] = [];
  const result = Promise.withResolvers<Transcript>();
  // A submitter that only follows the events must not cause an unhandled rejection.
  result.promise.catch((_: HumError) => undefined);
  /** A terminal event was told, and heard. */
  let isOver = false;
  let ended = false;
  let more = Promise.withResolvers<void>();

  async function* events(): AsyncGenerator<JobEvent> {
    for (let next = 0; ; ) {
      const event = told[next];
      if (event !== undefined) {
        next += 1;
        yield event;
      } else if (ended) {
        return;
      } else {
        await more.promise;
      }
    }
  }

  function hear(event: JobEvent): void {
    told.push(event);
    if (event.type === "done") result.resolve(event.transcript);
    if (event.type === "failed") result.reject(event.error);
    ended = isTerminal(event);
    more.resolve();
    more = Promise.withResolvers<void>();
  }

  return {
    handle: { id, events, transcript: result.promise },
    tell(event, safe) {
      if (isOver) return false;
      if (!isTerminal(event) || safe === undefined) {
        isOver = isTerminal(event);
        hear(event);
        return true;
      }
      isOver = true;
      safe.then(
        () => hear(event),
        (error: HumError) => hear({ type: "failed", attempt: event.attempt, error }),
      );
      return true;
    },
  };
}

const isTerminal = (event: JobEvent): event is Extract<JobEvent, { type: "done" | "failed" }> =>
  event.type === "done" || event.type === "failed";
