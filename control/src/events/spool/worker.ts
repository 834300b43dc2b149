/** The spool's thread: opens the store, and answers the calls of the main thread one after another. */
import { parentPort, workerData } from "node:worker_threads";
import { toError } from "../../core/to-error.ts";
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
    port.postMessage({ id, value: method === "close" ? store?.close() : perform(method, args) } satisfies Answer);
  } catch (thrown) {
    port.postMessage({ id, error: toError(thrown).message } satisfies Answer);
  }
  // Also where the store could not be opened, or closed: without a port the thread ends.
  if (method === "close") port.close();
});

/** Opened by the first call, so that a failure to open is the answer to it. */
function perform(method: Method, args: unknown[]): unknown {
  store ??= openStore(path, { node, wallMs });
  const work = store[method] as (...args: unknown[]) => unknown;
  return work(...args);
}
