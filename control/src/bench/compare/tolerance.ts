/** Gates with a tolerance: a run config may be so much slower than its reference, or make so many more errors. */
import type { Gate } from "../definition/schema.ts";
import { type Detectable, leastDetectable } from "../stats/detectable.ts";
import { type Judgement, leastUnits } from "../stats/verdict.ts";
import type { GateOutcome, GateResult } from "./gate-result.ts";
import type { PairComparison } from "./pair.ts";
import { errorWords, percent, points, speedWords } from "./words.ts";

export type ToleranceGate = Extract<Gate, { tolerance: number }>;

/** `aa`: the logarithms of an A/A test (`aaRatios`), which tell what can be held. */
export function holdTolerance(
  gate: ToleranceGate,
  { pair, aa }: { pair: PairComparison; aa: readonly number[] | undefined },
): GateResult {
  const { candidate, reference } = pair;
  const common = {
    gate,
    config_key: candidate.config_key,
    label: candidate.label,
    reference: reference?.label ?? null,
    p_adjusted: null,
  };
  const judged = gate.metric === "speed" ? pair.speed : pair[gate.metric];
  if (judged === null) {
    const missing =
      reference === undefined ? "there is nothing to compare it with" : "nothing was measured on both sides";
    return { ...common, outcome: "unmeasured", p: null, further: null, message: missing };
  }
  const said = gate.metric === "speed" && pair.speed !== null ? speedWords(pair.speed) : errorWordsOf(gate, pair);
  const allowed = gate.metric === "speed" ? percent(gate.tolerance) : points(gate.tolerance);
  const message = `${said}, ${allowed} allowed`;
  const weighed = { ...common, p: judged.p_regression, further: judged.further_units };
  const machine = gate.metric === "speed" && pair.speed?.paired === true ? detectableOf(aa, judged) : undefined;
  if (machine === undefined || gate.tolerance >= machine.effect || judged.low > Math.log1p(machine.effect)) {
    return { ...weighed, outcome: outcomeOf(judged), message };
  }
  const wanted = Math.ceil(judged.units * (Math.log1p(machine.effect) / Math.log1p(gate.tolerance)) ** 2);
  return {
    ...weighed,
    outcome: "refused",
    further: wanted - judged.units,
    message: `${message}, but with ${judged.units} blocks this machine can tell no less than ${percent(machine.effect)}`,
  };
}

function detectableOf(
  aa: readonly number[] | undefined,
  { units, level, resamples, seed }: Judgement,
): Detectable | undefined {
  return aa && leastDetectable(aa, { blocks: units, resampling: { level, resamples, seed } });
}

function errorWordsOf({ metric }: ToleranceGate, { wer, cer }: PairComparison): string {
  const judged = metric === "cer" ? cer : wer;
  return judged === null ? "" : errorWords(judged);
}

/** A gate asks only whether it got worse: what may be better or the same passes, though it has no verdict. */
function outcomeOf({ verdict, high, tolerance, units }: Judgement): GateOutcome {
  if (verdict === "regression") return "regression";
  if (verdict !== "inconclusive" || (units >= leastUnits && high <= tolerance)) return "pass";
  return "inconclusive";
}
