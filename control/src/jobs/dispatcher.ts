/** Between a queue and a pool: sends the next task to a sidecar with credit, and runs a task again whose sidecar was lost. */
import { HumError, toHumError } from "../core/errors.ts";
import type { Priority } from "../core/job.ts";
import type { Pool } from "../fleet/pool.ts";
import type { Outcome, Request, Sidecar } from "../fleet/sidecar.ts";
import { createQueue } from "./queue.ts";

export interface Task {
  priority: Priority;
  /** Its reason is the HumError that the task then fails with. */
  signal: AbortSignal;
  /** What to send on this attempt, counted from 1. */
  request: (attempt: number, sidecar: Sidecar) => Omit<Request, "signal">;
}

export interface Dispatcher {
  run(task: Task): Promise<Outcome>;
}

interface Entry {
  task: Task;
  attempt: number;
  settle: PromiseWithResolvers<Outcome>;
}

export function createDispatcher(pool: Pool, options: { maxAttempts: number }): Dispatcher {
  const queue = createQueue<Entry>();
  pool.onChange(pump);

  function pump() {
    const failure = pool.failure();
    if (failure !== null) {
      for (let entry = queue.shift(); entry !== undefined; entry = queue.shift()) entry.settle.reject(failure);
    }
    for (let sidecar = pool.pick(); sidecar !== null && queue.size() > 0; sidecar = pool.pick()) {
      const entry = queue.shift();
      if (entry !== undefined) void attempt(entry, sidecar);
    }
  }

  async function attempt(entry: Entry, sidecar: Sidecar) {
    entry.attempt += 1;
    try {
      const request = entry.task.request(entry.attempt, sidecar);
      entry.settle.resolve(await sidecar.run({ ...request, signal: entry.task.signal }));
    } catch (thrown) {
      retryOrFail(entry, toHumError(thrown, "transcribe"));
    } finally {
      pump();
    }
  }

  function retryOrFail(entry: Entry, error: HumError) {
    const { signal, priority } = entry.task;
    if (signal.aborted) entry.settle.reject(toHumError(signal.reason));
    else if (error.code !== "sidecar_lost") entry.settle.reject(error);
    else if (entry.attempt < options.maxAttempts) queue.unshift(entry, priority);
    else {
      const message = `${error.message}; it was tried ${entry.attempt} times`;
      entry.settle.reject(new HumError("sidecar_lost", message, { stage: error.stage, cause: error }));
    }
  }

  return {
    run(task) {
      const entry: Entry = { task, attempt: 0, settle: Promise.withResolvers() };
      const abandon = () => {
        // In flight, the sidecar is asked to let go and settles it; only here nobody else would.
        if (queue.remove(entry)) entry.settle.reject(toHumError(task.signal.reason));
      };
      if (task.signal.aborted) return Promise.reject(toHumError(task.signal.reason));
      task.signal.addEventListener("abort", abandon, { once: true });
      queue.push(entry, task.priority);
      pump();
      return entry.settle.promise.finally(() => task.signal.removeEventListener("abort", abandon));
    },
  };
}
