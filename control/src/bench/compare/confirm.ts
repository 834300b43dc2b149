/** Gates that fail, with all gates taken into account. */
import { holm } from "../stats/holm.ts";
import type { GateResult } from "./gate-result.ts";

/**
 * A regression stands if it does among all gates together: Holm over their p-values, at the half of what the interval
 * leaves out, since a regression is on one side. To pass takes no correction: every gate must (an intersection-union
 * test, Berger, Technometrics 24, 1982).
 */
export function confirmed(results: readonly GateResult[], level: number): GateResult[] {
  const weighed = results.filter(({ p }) => p !== null);
  const adjusted = holm(
    weighed.map(({ p }) => p ?? 1),
    (1 - level) / 2,
  );
  const byResult = new Map(weighed.map((result, place) => [result, adjusted[place]]));
  return results.map((result) => {
    const own = byResult.get(result);
    if (own === undefined) return result;
    if (result.outcome !== "regression" || own.rejected) return { ...result, p_adjusted: own.p };
    const message = `${result.message}, not confirmed among ${weighed.length} gates`;
    return { ...result, outcome: "inconclusive", p_adjusted: own.p, message };
  });
}
