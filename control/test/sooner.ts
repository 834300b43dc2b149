/** Bounds in time that hold on a busy machine too. */
import { setTimeout as delay } from "node:timers/promises";

/** Whether `work` ends before a timer that begins now: what makes this whole process late makes both late. */
export async function endsWithin(limitMs: number, work: Promise<unknown>): Promise<boolean> {
  const timer = new AbortController();
  const late = delay(limitMs, false, { signal: timer.signal }).catch(() => false);
  const inTime = await Promise.race([work.then(() => true), late]);
  timer.abort();
  return inTime;
}
