/** The spool's thread as the main thread sees it: each function of the store as a call that resolves with its result. */
import { Worker } from "node:worker_threads";
import type { Store } from "./store.ts";
import type { Answer, Call, Method, WorkerStart } from "./worker.ts";

export interface SpoolThread {
  /** Rejects with the message of the store's error, or where the thread has ended. Calls are done in their order. */
  call<M extends Method>(method: M, ...args: Parameters<Store[M]>): Promise<ReturnType<Store[M]>>;
  /** Whether it can still be called. */
  isAlive(): boolean;
  /** Closes the store after all earlier calls; never rejects. */
  stop(): Promise<void>;
}

export function startSpoolThread(start: WorkerStart): SpoolThread {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { workerData: start });
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
    call: <M extends Method>(method: M, ...args: Parameters<Store[M]>) =>
      post(method, args) as Promise<ReturnType<Store[M]>>,
    isAlive: () => alive,
    async stop() {
      if (alive) await post("close", []).catch(() => undefined);
      await ended.promise;
    },
  };
}
