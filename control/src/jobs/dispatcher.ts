/** Between a queue and a pool: sends the next task to a sidecar with credit, and runs a task again whose sidecar was lost. */
import { HumError, toHumError } from "../core/errors.ts";
import type { Priority } from "../core/job.ts";
import { type Blame, lossOf } from "../fleet/loss.ts";
import type { Pool } from "../fleet/pool.ts";
import type { Outcome, Request, Sidecar } from "../fleet/sidecar.ts";
import { createQueue } from "./queue.ts";

export interface Task {
  priority: Priority;
  /** Its reason is the HumError that the task then fails with. */
  signal: AbortSignal;
  /** What to send on this attempt, counted from 1. */
  request: (attempt: number, sidecar: Sidecar) => Omit<Request, "signal" | "alone">;
}

export interface Dispatcher {
  /**
   * Rejects with what the sidecar said, or, where a process died of the task while nothing else ran there, with
   * `poison_input` or `engine_stalled`, and with `sidecar_lost` where processes were ended from outside too often.
   */
  run(task: Task): Promise<Outcome>;
}

interface Entry {
  task: Task;
  attempt: number;
  /** It was in work in a process that died: it runs again only where nothing else runs. */
  suspect: boolean;
  /** Times that it was lost without having begun, as far as the process could tell. */
  bystander: number;
  settle: PromiseWithResolvers<Outcome>;
}

export function createDispatcher(pool: Pool, options: { maxAttempts: number }): Dispatcher {
  const queue = createQueue<Entry>();
  const suspects: Entry[] = [];
  /** The one suspect that runs now. */
  let isolated: Entry | null = null;
  /** The sidecar that it runs on, or that runs dry for the next one. */
  let reserved: Sidecar | null = null;
  pool.onChange(pump);

  function pump() {
    const failure = pool.failure();
    if (failure !== null) {
      for (const entry of suspects.splice(0)) entry.settle.reject(failure);
      for (let entry = queue.shift(); entry !== undefined; entry = queue.shift()) entry.settle.reject(failure);
    }
    isolateNext();
    for (let sidecar = pool.pick(reserved); sidecar !== null && queue.size() > 0; sidecar = pool.pick(reserved)) {
      const entry = queue.shift();
      if (entry !== undefined) void attempt(entry, sidecar);
    }
  }

  /** One at a time, so that of the sidecars at most one is kept from the others. */
  function isolateNext() {
    if (isolated !== null) return;
    reserved = suspects.length === 0 ? null : pool.pick();
    if (reserved === null || reserved.inFlight() > 0) return;
    isolated = suspects.shift() ?? null;
    if (isolated !== null) void attempt(isolated, reserved);
  }

  async function attempt(entry: Entry, sidecar: Sidecar) {
    entry.attempt += 1;
    const alone = entry === isolated;
    try {
      const request = entry.task.request(entry.attempt, sidecar);
      const outcome = await sidecar.run({ ...request, signal: entry.task.signal, alone });
      entry.settle.resolve(outcome);
    } catch (thrown) {
      retryOrFail(entry, { error: toHumError(thrown, "transcribe"), alone });
    } finally {
      if (alone) isolated = null;
      pump();
    }
  }

  function retryOrFail(entry: Entry, { error, alone }: { error: HumError; alone: boolean }) {
    const { signal, priority } = entry.task;
    const loss = lossOf(error);
    if (signal.aborted) entry.settle.reject(toHumError(signal.reason));
    else if (loss === null) entry.settle.reject(error);
    else if (!loss.begun && entry.bystander < options.maxAttempts) {
      // It waited there as it does here: that was no attempt. Not for ever, since what ends a process at once looks alike.
      entry.bystander += 1;
      entry.attempt -= 1;
      if (entry.suspect) suspects.unshift(entry);
      else queue.unshift(entry, priority);
    } else if (alone && loss.blame !== "outside") entry.settle.reject(verdictOn(loss.blame, error));
    else if (alone && entry.attempt >= options.maxAttempts) {
      const message = `${error.message}; it was tried ${entry.attempt} times`;
      entry.settle.reject(new HumError("sidecar_lost", message, { stage: error.stage, cause: error }));
    } else {
      entry.suspect = true;
      suspects.push(entry);
    }
  }

  return {
    run(task) {
      const entry: Entry = { task, attempt: 0, suspect: false, bystander: 0, settle: Promise.withResolvers() };
      const abandon = () => {
        // In flight, the sidecar is asked to let go and settles it; only here nobody else would.
        if (queue.remove(entry) || removeFrom(suspects, entry)) entry.settle.reject(toHumError(task.signal.reason));
      };
      if (task.signal.aborted) return Promise.reject(toHumError(task.signal.reason));
      task.signal.addEventListener("abort", abandon, { once: true });
      queue.push(entry, task.priority);
      pump();
      return entry.settle.promise.finally(() => task.signal.removeEventListener("abort", abandon));
    },
  };
}

function verdictOn(blame: Exclude<Blame, "outside">, error: HumError): HumError {
  const options = { stage: error.stage, cause: error };
  if (blame === "stall") {
    return new HumError("engine_stalled", `the audio stalls the process that works on it: ${error.message}`, options);
  }
  const message = `the audio ended two processes, the second while nothing else ran there: ${error.message}`;
  return new HumError("poison_input", message, options);
}

function removeFrom(entries: Entry[], entry: Entry): boolean {
  const index = entries.indexOf(entry);
  if (index >= 0) entries.splice(index, 1);
  return index >= 0;
}
