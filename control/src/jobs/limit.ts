/** What ends a job before its time, as one signal: the client leaves, the deadline passes, or the node stops. */
import type { Clock } from "../core/clock.ts";
import { type ErrorCode, HumError, type Stage } from "../core/errors.ts";
import type { Job } from "../core/job.ts";

export interface JobLimit {
  /** Its reason is a HumError. */
  readonly signal: AbortSignal;
  /** On the monotonic clock; null for none. */
  readonly deadlineMs: number | null;
  end(code: ErrorCode, message: string): void;
  /** The job has ended: nothing watches it any more. */
  release(): void;
}

/** Where the signal's reason is a HumError, its message tells why the job was given up. `stage` tells where the job is when it is ended; `timeoutS` is for jobs that bring no deadline of their own. */
export function limitJob(
  job: Pick<Job, "deadlineMs" | "signal">,
  options: { timeoutS: number | null; clock: Clock; stage: () => Stage },
): JobLimit {
  const { timeoutS, clock, stage } = options;
  const controller = new AbortController();
  const nowMs = clock.monotonicMs();
  const deadlineMs = job.deadlineMs ?? (timeoutS === null ? null : nowMs + timeoutS * 1000);
  const end = (code: ErrorCode, message: string) => controller.abort(new HumError(code, message, { stage: stage() }));
  const leave = () => {
    const { reason } = job.signal;
    end("cancelled", reason instanceof HumError ? reason.message : "the client left before the transcript was ready");
  };
  const expire = () => end("deadline", "the job's deadline passed before its transcript was ready");
  const timer = deadlineMs === null ? undefined : setTimeout(expire, Math.max(0, deadlineMs - nowMs));
  if (job.signal.aborted) leave();
  else job.signal.addEventListener("abort", leave, { once: true });
  return {
    signal: controller.signal,
    deadlineMs,
    end,
    release() {
      clearTimeout(timer);
      job.signal.removeEventListener("abort", leave);
    },
  };
}
