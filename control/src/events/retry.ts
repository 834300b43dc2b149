/** When to try a bus again: soon and ever later after a break, at a slow pace after a refusal. */

export interface RetryPace {
  firstMs: number;
  maxMs: number;
  /** After an answer that trying again soon cannot change, such as a wrong password. */
  refusedMs: number;
}

export const defaultPace: RetryPace = { firstMs: 50, maxMs: 1_000, refusedMs: 5_000 };

/** Half fixed, half random, so that many clients of a restarted server do not come back as one. `failures` from 1. */
export function retryDelayMs(pace: RetryPace, options: { failures: number; refused: boolean }): number {
  const exponential = Math.min(pace.maxMs, pace.firstMs * 2 ** Math.min(options.failures - 1, 30));
  const ceiling = options.refused ? pace.refusedMs : exponential;
  return ceiling / 2 + Math.random() * (ceiling / 2);
}
