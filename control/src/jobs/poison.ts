/** Audio that ended a process while nothing else ran there: its hash is remembered, so that it ends no other one. */
import type { Clock } from "../core/clock.ts";
import { HumError } from "../core/errors.ts";

export interface PoisonList {
  add(sha256: string): void;
  /** Throws HumError `poison_input` for what was added less than `keepMs` ago. */
  refuse(sha256: string): void;
}

/** A hash is 64 bytes: so many cost nothing, and nobody fills memory with them. */
const maxEntries = 10_000;

export function createPoisonList(options: { clock: Clock; keepMs: number }): PoisonList {
  const { clock, keepMs } = options;
  /** In the order of their ends, since all are kept equally long. */
  const endsMs = new Map<string, number>();
  const forgetOld = () => {
    for (const [sha256, endMs] of endsMs) {
      if (endMs > clock.monotonicMs() && endsMs.size <= maxEntries) return;
      endsMs.delete(sha256);
    }
  };
  return {
    add(sha256) {
      endsMs.delete(sha256);
      endsMs.set(sha256, clock.monotonicMs() + keepMs);
      forgetOld();
    },
    refuse(sha256) {
      forgetOld();
      const endMs = endsMs.get(sha256);
      if (endMs === undefined) return;
      const leftS = Math.ceil((endMs - clock.monotonicMs()) / 1000);
      throw new HumError(
        "poison_input",
        `this audio ended the processes that worked on it; it is refused for ${leftS} s more, other audio is not`,
      );
    },
  };
}
