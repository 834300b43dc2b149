/** Group commit: what is told while the disk is busy goes into the next commit; a commit that fails is tried until it succeeds. */
import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../../core/clock.ts";
import { HumError } from "../../core/errors.ts";
import { toError } from "../../core/to-error.ts";
import type { SpoolEntry } from "./store.ts";

export interface Commits {
  /** Resolves when the entry is safe; rejects with HumError `overloaded` where that takes too long, and goes on trying. */
  add(entry: SpoolEntry): Promise<void>;
  /** Runs between two commits, before anything that is added later. Rejects as `task` does. */
  between<T>(task: () => Promise<T>): Promise<T>;
  /** Something that wants to be written, though no entry waits. */
  kick(): void;
  /** Why nothing can be written now; null where all is well. */
  failure(): string | null;
  /** Entries that are not safe yet. */
  waiting(): number;
  /** Resolves when all is written, or has failed to be. */
  stop(): Promise<void>;
}

export interface CommitOptions {
  clock: Clock;
  /** Writes a group, or only what else there is where it is empty. */
  write(group: readonly SpoolEntry[]): Promise<void>;
  onWritten(group: readonly SpoolEntry[]): void;
  onFailure(reason: string): void;
  onRecovery(): void;
  /** How long an entry may wait for a disk that fails before whoever waits for it is told. */
  patienceMs: number;
  retryMs: number;
}

/** A larger group would make those in it wait for each other; one event is taken, however long. */
const maxGroup = { entries: 1_024, characters: 4 * 1024 * 1024 };

interface Waiting {
  entry: SpoolEntry;
  sinceMs: number;
  safe: PromiseWithResolvers<void>;
}

export function createCommits(options: CommitOptions): Commits {
  const { clock } = options;
  const tasks: (() => Promise<void>)[] = [];
  const ending = new AbortController();
  let queue: Waiting[] = [];
  let running: Promise<void> | null = null;
  let wanted = false;
  let failure: string | null = null;
  let closed = false;

  function kick(): void {
    if (closed) return;
    wanted = true;
    void start();
  }

  function start(): Promise<void> {
    running ??= run().finally(() => {
      running = null;
      if (wanted && !ending.signal.aborted) kick();
    });
    return running;
  }

  async function run(): Promise<void> {
    // What is told in the same turn shares a commit.
    await Promise.resolve();
    while (wanted || tasks.length > 0) {
      wanted = false;
      for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) await task();
      const group = queue.slice(0, groupLength());
      // A disk that hangs gives no error: whoever waits is told all the same, also who came later.
      const silence = setInterval(() => fail("the disk does not answer"), options.patienceMs);
      try {
        await options.write(group.map(({ entry }) => entry));
        clearInterval(silence);
        succeed(group);
      } catch (error) {
        clearInterval(silence);
        fail(toError(error).message);
        if (ending.signal.aborted) return;
        await delay(options.retryMs, undefined, { signal: ending.signal }).catch(() => undefined);
      }
      wanted ||= queue.length > 0;
    }
  }

  function groupLength(): number {
    let characters = 0;
    for (const [index, { entry }] of queue.entries()) {
      characters += entry.json.length + (entry.whole?.length ?? 0);
      if (index === maxGroup.entries || (index > 0 && characters > maxGroup.characters)) return index;
    }
    return queue.length;
  }

  function succeed(group: readonly Waiting[]): void {
    queue = queue.slice(group.length);
    if (failure !== null) {
      failure = null;
      options.onRecovery();
    }
    options.onWritten(group.map(({ entry }) => entry));
    for (const { safe } of group) safe.resolve();
  }

  function fail(reason: string): void {
    if (failure === null) options.onFailure(reason);
    failure = reason;
    wanted = true;
    const nowMs = clock.monotonicMs();
    for (const { sinceMs, safe } of queue) {
      if (nowMs - sinceMs < options.patienceMs && !ending.signal.aborted) continue;
      const message = `the event could not be stored (${reason}); free some space or mend the disk, and send the request again`;
      safe.reject(new HumError("overloaded", message, { stage: "deliver" }));
    }
  }

  return {
    add(entry) {
      if (closed) return Promise.reject(new HumError("overloaded", "the spool is closed", { stage: "deliver" }));
      const safe = Promise.withResolvers<void>();
      // Not everyone waits for it.
      safe.promise.catch(() => undefined);
      queue.push({ entry, sinceMs: clock.monotonicMs(), safe });
      kick();
      return safe.promise;
    },
    between<T>(task: () => Promise<T>) {
      if (closed) return Promise.reject(new Error("the spool is closed"));
      const done = Promise.withResolvers<T>();
      tasks.push(() => task().then(done.resolve, done.reject));
      kick();
      return done.promise;
    },
    kick,
    failure: () => failure,
    waiting: () => queue.length,
    async stop() {
      ending.abort();
      await running;
      // Told right at the end; one run at a time, or both would write, and forget, the same entries.
      while (failure === null && (wanted || queue.length > 0)) {
        wanted = true;
        await start();
      }
      closed = true;
    },
  };
}
