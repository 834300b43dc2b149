/** Why no verdict of a comparison counts. */
import type { Gate } from "../definition/schema.ts";
import type { GateResult } from "./gate-result.ts";
import { type Matched, measured } from "./reference.ts";
import type { Side } from "./side.ts";
import { faultsOfSide } from "./validity.ts";

export function faultsOf(
  candidate: Side,
  { reference, matched }: { reference: Side; matched: readonly Matched[] },
): string[] {
  const references = matched.flatMap((match) => match.reference ?? []);
  const held = measured(candidate.configs);
  const own = faultsOfSide(candidate, candidate === reference ? [...new Set([...held, ...references])] : held);
  if (candidate === reference) return own;
  return [...own, ...faultsOfSide(reference, [...new Set(references)]).map((fault) => `baseline: ${fault}`)];
}

/** Gates that hold nothing, of a run config or at all. */
export function unmeasuredOf(gates: readonly Gate[], results: readonly GateResult[]): string[] {
  const idle = gates.filter((gate) => !results.some((result) => result.gate === gate));
  return [
    ...idle.map(({ metric }) => `the gate on ${metric} holds nothing: there is nothing to compare with`),
    ...results
      .filter(({ outcome }) => outcome === "unmeasured")
      .map(({ gate, label, message }) => `${label}: the gate on ${gate.metric} holds nothing: ${message}`),
  ];
}
