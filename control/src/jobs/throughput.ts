/** How fast each model works, learnt from what it finished: what waiting times are predicted by. Work is in any one unit. */
import type { Clock } from "../core/clock.ts";

export interface Throughput {
  /** A job of the model is in work from here on. */
  began(model: string): void;
  /** It has ended `tookS` after it began; `work` is what was done, 0 where it failed. */
  ended(model: string, done: { work: number; tookS: number }): void;
  /** Seconds until so much work is done, by all that run side by side; null while nothing was learnt. */
  secondsFor(model: string, work: number): number | null;
  /** Seconds that one job of so much work takes, beside as many others as lately; null while nothing was learnt. */
  serviceFor(model: string, work: number): number | null;
}

interface Pace {
  inWork: number;
  /** Since when time counts: the last end, or the begin after an idle time. */
  sinceMs: number;
  busyS: number;
  /** From begin to end of each job that was done, which overlap where several run. */
  serviceS: number;
  work: number;
}

/** What was learnt ten jobs ago still counts for a third, so that the prediction follows the load and not each job. */
const keep = 0.9;

/**
 * Work per second in which anything was under way: it holds for however many jobs run side by side, batches
 * included, as long as there are enough of them.
 */
export function createThroughput(clock: Clock): Throughput {
  const paces = new Map<string, Pace>();
  const paceOf = (model: string) =>
    paces.getOrInsertComputed(model, () => ({ inWork: 0, sinceMs: 0, busyS: 0, serviceS: 0, work: 0 }));
  const scale = (model: string, work: number, spent: (pace: Pace) => number) => {
    const pace = paces.get(model);
    return pace === undefined || pace.work === 0 ? null : (work * spent(pace)) / pace.work;
  };
  return {
    began(model) {
      const pace = paceOf(model);
      if (pace.inWork === 0) pace.sinceMs = clock.monotonicMs();
      pace.inWork += 1;
    },
    ended(model, { work, tookS }) {
      const pace = paceOf(model);
      const nowMs = clock.monotonicMs();
      pace.busyS = pace.busyS * keep + (nowMs - pace.sinceMs) / 1000;
      pace.serviceS = pace.serviceS * keep + (work > 0 ? tookS : 0);
      pace.work = pace.work * keep + work;
      pace.sinceMs = nowMs;
      pace.inWork -= 1;
    },
    secondsFor: (model, work) => scale(model, work, ({ busyS }) => busyS),
    serviceFor: (model, work) => scale(model, work, ({ serviceS }) => serviceS),
  };
}
