/** The spool's thread as the main thread sees it: each function of the store as a call, of a thread that is replaced when it dies. */
import { Worker } from "node:worker_threads";
import type { Opening, Store } from "./store.ts";
import type { Answer, Call, Method, WorkerStart } from "./worker.ts";

export interface SpoolThread {
  /**
   * Rejects with the message of the store's error, or where the thread ends before it has answered: what was to be written
   * may then be written or not. Calls are done in their order.
   */
  call<M extends Method>(method: M, ...args: Parameters<Store[M]>): Promise<ReturnType<Store[M]>>;
  /** Closes the store after all earlier calls, and takes no later ones; never rejects. */
  stop(): Promise<void>;
}

export interface SpoolThreadOptions {
  start: WorkerStart;
  /** Called before any call to a thread that takes the place of one that died. */
  onReplaced(opening: Opening): void;
}

/** Rejects with SQLite's reason where the store cannot be opened. */
export async function openSpoolThread(options: SpoolThreadOptions): Promise<SpoolThread & { opening: Opening }> {
  let worker = startWorker(options.start);
  let replaced: Promise<unknown> | null = null;
  let stopped = false;

  async function open(): Promise<Opening> {
    try {
      return (await worker.post("opening", [])) as Opening;
    } catch (error) {
      await worker.stop();
      throw error;
    }
  }

  /** One for all that call meanwhile. */
  async function replace(): Promise<void> {
    if (stopped) throw new Error("the spool is closed");
    worker = startWorker(options.start);
    options.onReplaced(await open());
  }

  async function call(method: Method, args: unknown[]): Promise<unknown> {
    if (!worker.isAlive() || replaced !== null) {
      replaced ??= replace().finally(() => {
        replaced = null;
      });
      await replaced;
    }
    return worker.post(method, args);
  }

  return {
    opening: await open(),
    call: <M extends Method>(method: M, ...args: Parameters<Store[M]>) =>
      call(method, args) as Promise<ReturnType<Store[M]>>,
    async stop() {
      stopped = true;
      await replaced?.catch(() => undefined);
      await worker.stop();
    },
  };
}

function startWorker(start: WorkerStart) {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), {
    workerData: start,
    // What it holds at a time is one group: a young generation as large as the main thread's would only be let grow.
    resourceLimits: { maxYoungGenerationSizeMb: 4 },
  });
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  const ended = Promise.withResolvers<void>();
  let alive = true;
  let lastId = 0;

  function end(reason: string): void {
    alive = false;
    for (const call of waiting.values()) call.reject(new Error(reason));
    waiting.clear();
    ended.resolve();
  }

  worker.on("message", (answer: Answer) => {
    const call = waiting.get(answer.id);
    waiting.delete(answer.id);
    if ("error" in answer) call?.reject(new Error(answer.error));
    else call?.resolve(answer.value);
  });
  worker.on("error", (error) => end(`the spool's thread failed: ${error instanceof Error ? error.message : error}`));
  worker.on("exit", () => end("the spool's thread has ended"));

  function post(method: Call["method"], args: unknown[]): Promise<unknown> {
    if (!alive) return Promise.reject(new Error("the spool's thread has ended"));
    const call = Promise.withResolvers<unknown>();
    lastId += 1;
    waiting.set(lastId, call);
    worker.postMessage({ id: lastId, method, args } satisfies Call);
    return call.promise;
  }

  return {
    post,
    isAlive: () => alive,
    async stop() {
      if (alive) await post("close", []).catch(() => undefined);
      await ended.promise;
    },
  };
}
