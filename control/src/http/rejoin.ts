/** Requests that come again: they join the job that runs for the first of them, or get the answer that it had. */
import { createHash } from "node:crypto";
import { HumError } from "../core/errors.ts";
import type { JobHandle } from "../jobs/handle.ts";

export interface RejoinKey {
  /** What makes requests the same one: the client's Idempotency-Key, or what an SDK's retry sends again. */
  name: string;
  /** Of audio, model and options: the same key for something else is a mistake. */
  fingerprint: string;
  /** How long its job goes on without a client, and its answer is kept. */
  keepMs: number;
}

export interface Rejoin {
  /** Null where no job runs or is kept for the key. Throws HumError `bad_request` for a key that meant something else. */
  find(key: RejoinKey, left: AbortSignal): JobHandle | null;
  /** Submits a job whose signal is aborted when its last client has been gone for `keepMs`. */
  begin(key: RejoinKey, left: AbortSignal, submit: (signal: AbortSignal) => JobHandle): JobHandle;
}

interface Shared {
  fingerprint: string;
  handle: JobHandle;
  clients: number;
  ended: boolean;
  keepMs: number;
  controller: AbortController;
  timer: NodeJS.Timeout | undefined;
}

/** An answer is some kilobytes. */
const maxKept = 1000;

export function createRejoin(): Rejoin {
  const shared = new Map<string, Shared>();

  function leave(name: string, one: Shared) {
    one.clients -= 1;
    if (one.clients === 0 && !one.ended) expire(name, one);
  }

  function expire(name: string, one: Shared) {
    clearTimeout(one.timer);
    one.timer = setTimeout(() => {
      if (shared.get(name) === one) shared.delete(name);
      one.controller.abort();
    }, one.keepMs);
    // A kept answer must not keep the process.
    one.timer.unref();
  }

  function enter(name: string, one: Shared, left: AbortSignal) {
    one.clients += 1;
    if (!one.ended) clearTimeout(one.timer);
    left.addEventListener("abort", () => leave(name, one), { once: true });
    return one.handle;
  }

  return {
    find({ name, fingerprint }, left) {
      const one = shared.get(name);
      if (one === undefined) return null;
      if (one.fingerprint !== fingerprint) {
        const message = "this Idempotency-Key was sent with other audio, another model or other options; use a new key";
        throw new HumError("bad_request", message, { param: "Idempotency-Key" });
      }
      return enter(name, one, left);
    },
    begin({ name, fingerprint, keepMs }, left, submit) {
      const controller = new AbortController();
      const handle = submit(controller.signal);
      const one: Shared = { fingerprint, handle, clients: 0, ended: false, keepMs, controller, timer: undefined };
      const [oldest] = shared.keys();
      if (shared.size >= maxKept && oldest !== undefined) shared.delete(oldest);
      shared.set(name, one);
      const end = () => {
        one.ended = true;
        expire(name, one);
      };
      // A failure is no answer to keep: a request that comes again is to be tried again.
      handle.transcript.then(end, () => {
        if (shared.get(name) === one) shared.delete(name);
        clearTimeout(one.timer);
      });
      return enter(name, one, left);
    },
  };
}

/** Of everything that makes the transcript what it is. */
export const fingerprintOf = (facts: unknown) => createHash("sha256").update(JSON.stringify(facts)).digest("hex");

/** How long a client's own retry may take to come: the official SDKs wait 0.5 s, then 1 s, and give up by default. */
const sdkRetryMs = 3000;

/**
 * The key of a request, from its headers: Idempotency-Key, or the official SDKs' headers, which send the same request again
 * after a lost connection or a time-out without a key. Null where nobody will come again. `caller` keeps callers apart.
 */
export function rejoinKeyOf(
  header: (name: string) => string | undefined,
  options: { caller: string; fingerprint: string; keepMs: number },
): { key: RejoinKey; mayJoin: boolean } | null {
  const { caller, fingerprint, keepMs } = options;
  const given = header("idempotency-key");
  if (given !== undefined && given !== "") {
    return { key: { name: `key ${caller} ${given.slice(0, 256)}`, fingerprint, keepMs }, mayJoin: true };
  }
  const retries = header("x-stainless-retry-count");
  if (retries === undefined) return null;
  // A first try with the same content is another request: only what calls itself a retry may join.
  const name = `retry ${caller} ${fingerprint}`;
  return { key: { name, fingerprint, keepMs: Math.min(sdkRetryMs, keepMs) }, mayJoin: /^[1-9]/.test(retries) };
}
