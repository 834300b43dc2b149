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
  /** False once a terminal event has been told: what comes later is dropped, so that there is exactly one. */
  tell(event: JobEvent): boolean;
}

export function createTeller(id: string): JobTeller {
  const told: JobEvent[] = [];
  const result = Promise.withResolvers<Transcript>();
  // A submitter that only follows the events must not cause an unhandled rejection.
  result.promise.catch((_: HumError) => undefined);
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

  return {
    handle: { id, events, transcript: result.promise },
    tell(event) {
      if (ended) return false;
      told.push(event);
      if (event.type === "done") result.resolve(event.transcript);
      if (event.type === "failed") result.reject(event.error);
      ended = event.type === "done" || event.type === "failed";
      more.resolve();
      more = Promise.withResolvers<void>();
      return true;
    },
  };
}
