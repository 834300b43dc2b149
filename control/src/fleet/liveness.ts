/** Finds a stuck IO loop: pings a peer that is quiet or works, and tells when several pings in a row were not answered. */

export interface LivenessOptions {
  intervalMs: number;
  /** Intervals without any frame after a ping. */
  missedPings: number;
  /** Whether to ping also where something was heard: the answer tells how its calls go on. */
  curious: () => boolean;
  ping: (seq: number) => void;
  onSilent: (silentMs: number) => void;
}

export interface Liveness {
  /** Any frame at all shows that the IO loop lives. */
  heard(): void;
  stop(): void;
}

/**
 * Counts ticks and not time: where our own event loop was blocked, no ticks passed and nobody is blamed. A stuck peer is
 * told after at most `missedPings` + 2 intervals.
 */
export function watchLiveness(options: LivenessOptions): Liveness {
  let heard = true;
  let unanswered = 0;
  let seq = 0;
  const ping = () => {
    seq += 1;
    options.ping(seq);
  };
  const timer = setInterval(() => {
    if (heard) {
      heard = false;
      unanswered = 0;
      if (options.curious()) ping();
    } else if (unanswered === options.missedPings) {
      clearInterval(timer);
      options.onSilent(unanswered * options.intervalMs);
    } else {
      unanswered += 1;
      ping();
    }
  }, options.intervalMs);
  return {
    heard() {
      heard = true;
    },
    stop: () => clearInterval(timer),
  };
}
