/** What every source of commands is made with beside its settings. */
import type { LedgerOptions } from "./ledger.ts";

export interface SourceContext {
  /** In the Redis that nodes share. */
  ledger: Omit<LedgerOptions, "signal">;
  claimIdleMs: number;
}
