/** How fast each model works through audio, learnt from what it finished: what waiting times are predicted by. */
import type { Clock } from "../core/clock.ts";

export interface Throughput {
  /** A job of the model is in work from here on. */
  began(model: string): void;
  /** It has ended `tookS` after it began; `audioS` is what was transcribed, 0 where it failed. */
  ended(model: string, done: { audioS: number; tookS: number }): void;
  /** Seconds until so much audio is worked through, by all that run side by side; null while nothing was learnt. */
  secondsFor(model: string, audioS: number): number | null;
  /** Seconds that one job of so much audio takes, beside as many others as lately; null while nothing was learnt. */
  serviceFor(model: string, audioS: number): number | null;
}

interface Pace {
  inWork: number;
  /** Since when time counts: the last end, or the begin after an idle time. */
  sinceMs: number;
  busyS: number;
  /** From begin to end of each job that was done, which overlap where several run. */
  serviceS: number;
  audioS: number;
}

/** What was learnt ten jobs ago still counts for a third, so that the prediction follows the load and not each job. */
const keep = 0.9;

/**
 * Audio seconds per second in which anything was in work: it holds for however many jobs run side by side, batches
 * included, as long as there are enough of them.
 */
export function createThroughput(clock: Clock): Throughput {
  const paces = new Map<string, Pace>();
  const paceOf = (model: string) =>
    paces.getOrInsertComputed(model, () => ({ inWork: 0, sinceMs: 0, busyS: 0, serviceS: 0, audioS: 0 }));
  const scale = (model: string, audioS: number, spent: (pace: Pace) => number) => {
    const pace = paces.get(model);
    return pace === undefined || pace.audioS === 0 ? null : (audioS * spent(pace)) / pace.audioS;
  };
  return {
    began(model) {
      const pace = paceOf(model);
      if (pace.inWork === 0) pace.sinceMs = clock.monotonicMs();
      pace.inWork += 1;
    },
    ended(model, { audioS, tookS }) {
      const pace = paceOf(model);
      const nowMs = clock.monotonicMs();
      pace.busyS = pace.busyS * keep + (nowMs - pace.sinceMs) / 1000;
      pace.serviceS = pace.serviceS * keep + (audioS > 0 ? tookS : 0);
      pace.audioS = pace.audioS * keep + audioS;
      pace.sinceMs = nowMs;
      pace.inWork -= 1;
    },
    secondsFor: (model, audioS) => scale(model, audioS, ({ busyS }) => busyS),
    serviceFor: (model, audioS) => scale(model, audioS, ({ serviceS }) => serviceS),
  };
}
