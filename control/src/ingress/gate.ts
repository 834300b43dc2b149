/** The gate between the scheduler and the feed: a command's job ends only where this node may still tell its end. */
import type { HumError } from "../core/errors.ts";
import type { Job, JobEvent, JobObserver } from "../core/job.ts";
import type { Feed, JobOrigin } from "../events/feed.ts";

/**
 * `told`: its terminal event is safe, or will be. `lost`: another node has the command, and tells its end. `later`: it
 * could not be done now, and nothing was told.
 */
export type Outcome = { kind: "told"; result: "done" | HumError["code"] } | { kind: "lost" } | { kind: "later" };

export interface Passage {
  /** What has been told by now: for the passage after this one. */
  told(): Told;
  /** Ends a command whose job was never submitted. */
  refuse(origin: JobOrigin, error: HumError): Promise<void>;
  /** From now on nothing is told of it. */
  lose(): void;
  /** Resolves when all that was told is safe, or cannot be made so now; then the gate knows the job no more. */
  close(): Promise<Outcome>;
}

export interface Told {
  /** Attempts, in an earlier life or by another node too. */
  attempts: number;
  /** Whether this node has told of the request. */
  isRequested: boolean;
}

export interface PassageOptions extends Told {
  /** Resolves with whether this node may tell the end; rejects where that cannot be known before the node ends. */
  claimEnd(): Promise<boolean>;
}

export interface Gate {
  /** Of every job; what no passage was opened for goes straight to the feed. */
  readonly observe: JobObserver;
  open(jobId: string, options: PassageOptions): Passage;
}

type Ending = Extract<JobEvent, { type: "done" | "failed" }>;

export function createGate(feed: Pick<Feed, "observe" | "end">): Gate {
  const passages = new Map<string, (job: Job, event: JobEvent) => Promise<void>>();

  function open(jobId: string, options: PassageOptions): Passage {
    const { attempts } = options;
    let { isRequested } = options;
    let latest = attempts;
    let isRestartTold = attempts === 0;
    let outcome: Outcome | null = null;
    let telling: Promise<unknown> = Promise.resolve();

    function tell(safe: Promise<void>): Promise<void> {
      telling = Promise.allSettled([telling, safe]);
      return safe;
    }

    async function end(result: "done" | HumError["code"], tellEnd: () => Promise<void>): Promise<void> {
      // The bus keeps it: what could not be done now is done later.
      if (result === "overloaded") {
        outcome = { kind: "later" };
        return;
      }
      const mayTell = await options.claimEnd().catch(() => null);
      if (outcome !== null) return;
      outcome = mayTell === null ? { kind: "later" } : mayTell ? { kind: "told", result } : { kind: "lost" };
      if (mayTell === true) await tell(tellEnd());
    }

    async function observe(job: Job, event: JobEvent): Promise<void> {
      if (outcome !== null) return;
      switch (event.type) {
        case "queued":
          if (isRequested) return;
          isRequested = true;
          return tell(feed.observe(job, event));
        case "started":
          if (!isRestartTold) {
            isRestartTold = true;
            tell(feed.observe(job, { type: "restarted", attempt: attempts + 1, from_index: 0 })).catch(() => undefined);
          }
          latest = attempts + event.attempt;
          return tell(feed.observe(job, { ...event, attempt: latest }));
        case "done":
        case "failed": {
          const ending: Ending = { ...event, attempt: attempts + event.attempt };
          return end(event.type === "done" ? "done" : event.error.code, () => feed.observe(job, ending));
        }
        default:
          return tell(feed.observe(job, { ...event, attempt: attempts + event.attempt }));
      }
    }

    passages.set(jobId, observe);
    return {
      told: () => ({ attempts: latest, isRequested }),
      refuse: (origin, error) => end(error.code, () => feed.end(origin, { attempt: attempts, error })),
      lose() {
        outcome ??= { kind: "lost" };
      },
      async close() {
        await telling;
        passages.delete(jobId);
        return outcome ?? { kind: "later" };
      },
    };
  }

  return {
    observe: (job, event) => (passages.get(job.id) ?? feed.observe)(job, event),
    open,
  };
}
