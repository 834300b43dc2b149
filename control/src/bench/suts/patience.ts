/** Waiting that ends in time: with what was waited for, with a failure when it comes too late, or when nobody waits. */

/** Rejects with the signal's reason as soon as that is aborted; the work itself goes on. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  // Whoever wins the race, the other may still reject.
  work.catch(() => undefined);
  const leave = () => reject(signal.reason);
  if (signal.aborted) leave();
  else signal.addEventListener("abort", leave, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener("abort", leave);
  }
}

/** Rejects with `late()` after the time-out, and with the signal's reason as soon as that is aborted. */
export async function within<T>(
  work: Promise<T>,
  { signal, timeoutMs, late }: { signal: AbortSignal; timeoutMs: number; late: () => Error },
): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(late()), timeoutMs);
  try {
    return await unlessAborted(Promise.race([work, promise]), signal);
  } finally {
    clearTimeout(timer);
  }
}
