/** What came of a gate for one run config. */
import type { Gate } from "../definition/schema.ts";

/**
 * `refused`: its tolerance is below what the machine can tell, so that it decides nothing. `unmeasured`: what it is
 * about is not there, so that the run is no valid answer to it.
 */
export type GateOutcome = "pass" | "regression" | "inconclusive" | "refused" | "unmeasured";

export interface GateResult {
  gate: Gate;
  config_key: string;
  label: string;
  /** What it was compared with; null for an absolute bound. */
  reference: string | null;
  outcome: GateOutcome;
  /** How likely such a sample is where nothing is wrong; null where it is no matter of chance. */
  p: number | null;
  /** With all gates of the comparison taken into account. */
  p_adjusted: number | null;
  /** Of blocks, items or requests: how many more a decision would take; null where that cannot be told. */
  further: number | null;
  message: string;
}
