/** Cancellations: end what is in work, and are remembered for requests that were sent before them and come later. */
import type { Clock } from "../core/clock.ts";
import { HumError } from "../core/errors.ts";
import type { Scheduler } from "../jobs/scheduler.ts";
import type { CancelCommand } from "./command.ts";

/** What a cancellation may name. */
interface Target {
  jobId: string;
  requestId: string;
  commandId: string | null;
  /** On the bus's clock. */
  sentMs: number;
}

export interface Cancellations {
  /** `sentMs` on the bus's clock. True where something ended by it. */
  hear(data: CancelCommand["data"], sentMs: number): boolean;
  /** Aborts `controller` with HumError `cancelled` once a cancellation names the target; until the returned function is called. */
  watch(target: Target, controller: AbortController): () => void;
}

interface Heard {
  data: CancelCommand["data"];
  sentMs: number;
}

/** Each is some hundred bytes. */
const maxKept = 10_000;

export function createCancellations(options: {
  jobs: Pick<Scheduler, "jobs" | "cancel">;
  clock: Clock;
}): Cancellations {
  const { jobs, clock } = options;
  const kept: Heard[] = [];
  const watched = new Map<AbortController, Target>();

  const cancelled = () => new HumError("cancelled", "the job was cancelled by a command");

  /** Jobs that came by HTTP have no watcher. */
  function cancelOthers({ data, sentMs }: Heard): boolean {
    const ours = new Set([...watched.values()].map(({ jobId }) => jobId));
    const found = jobs.jobs().filter(({ id, request_id, state, age_s }) => {
      if (ours.has(id) || state === "done" || state === "failed") return false;
      const target = { jobId: id, requestId: request_id, commandId: null, sentMs: clock.wallMs() - age_s * 1000 };
      return concerns({ data, sentMs }, target);
    });
    for (const { id } of found) jobs.cancel(id);
    return found.length > 0;
  }

  return {
    hear(data, sentMs) {
      const heard = { data, sentMs };
      kept.push(heard);
      if (kept.length > maxKept) kept.shift();
      const found = [...watched].filter(
        ([controller, target]) => !controller.signal.aborted && concerns(heard, target),
      );
      for (const [controller] of found) controller.abort(cancelled());
      return cancelOthers(heard) || found.length > 0;
    },
    watch(target, controller) {
      watched.set(controller, target);
      if (kept.some((heard) => concerns(heard, target))) controller.abort(cancelled());
      return () => void watched.delete(controller);
    },
  };
}

function concerns({ data, sentMs }: Heard, target: Target): boolean {
  if (target.sentMs > sentMs) return false;
  if ("job_id" in data) return data.job_id === target.jobId;
  if ("request_id" in data) return data.request_id === target.requestId;
  return data.command_id === target.commandId;
}
