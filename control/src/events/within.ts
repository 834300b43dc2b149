/** Waits for what need not answer, such as a bus that hangs. */

/** Settles as `promise` does, and rejects with the signal's reason where that aborts first. */
export async function within<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>();
  const abort = () => aborted.reject(signal.reason);
  if (signal.aborted) abort();
  else signal.addEventListener("abort", abort, { once: true });
  try {
    return await Promise.race([promise, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", abort);
  }
}

/** Aborts after a while, with a reason that a person understands. */
export function silenceAfter(ms: number): AbortSignal {
  const silence = new AbortController();
  setTimeout(() => silence.abort(new Error(`the bus has not answered within ${ms} ms`)), ms).unref();
  return silence.signal;
}
