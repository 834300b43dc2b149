/** The spool's thread: opens the store, and answers the calls of the main thread one after another. */
import { parentPort, workerData } from "node:worker_threads";
import { openStore, type Store } from "./store.ts";

/** What the main thread starts the worker with. */
export interface WorkerStart {
  path: string;
  node: string;
  wallMs: number;
}

export type Method = Exclude<keyof Store, "close">;

export interface Call {
  id: number;
  method: Method | "close";
  args: unknown[];
}

export type Answer = { id: number; value: unknown } | { id: number; error: string };

const port = parentPort;
if (port === null) throw new Error("the spool's thread has no main thread");
const { path, node, wallMs } = workerData as WorkerStart;
let store: Store | null = null;

port.on("message", ({ id, method, args }: Call) => {
  try {
    // Opened by the first call, so that a failure to open is the answer to it.
    store ??= openStore(path, { node, wallMs });
    const work = store[method] as (...args: unknown[]) => unknown;
    port.postMessage({ id, value: work(...args) } satisfies Answer);
    if (method === "close") port.close();
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));

    port.postMessage({ id, error: error.message } satisfies Answer);
  }
});
