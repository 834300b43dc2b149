/** Requests side by side: where one of them ends the run, the others are left, and nothing goes on afterwards. */

export interface Together {
  /** Aborted with the trial's signal, or as soon as anything here rejects. */
  readonly signal: AbortSignal;
  /** Something that goes on beside all else, until its own end. */
  start(task: Promise<unknown>): void;
}

/** Resolves when `work` and all that it started have ended; rejects with what rejected first. */
export async function together(outer: AbortSignal, work: (together: Together) => Promise<void>): Promise<void> {
  outer.throwIfAborted();
  const stop = new AbortController();
  const signal = AbortSignal.any([outer, stop.signal]);
  const tasks: Promise<unknown>[] = [];
  const start = (task: Promise<unknown>) => {
    tasks.push(task);
    task.catch((error) => stop.abort(error));
  };
  start(work({ signal, start }));
  // The work itself starts more of them.
  await tasks[0]?.catch(() => undefined);
  await Promise.allSettled(tasks);
  signal.throwIfAborted();
}
