/** The comparison: run configs of a run with each other or with an earlier run, gate by gate, and what it comes to. */
import type { Gate } from "../definition/schema.ts";
import { type Resampling, usualResampling } from "../stats/bootstrap.ts";
import { type Detectable, leastDetectable } from "../stats/detectable.ts";
import { aaRatios } from "./aa.ts";
import { type ConfigMetrics, holdBound } from "./bound.ts";
import { confirmed } from "./confirm.ts";
import { type ComparisonOutcome, exitCodes } from "./exit-codes.ts";
import type { GateResult } from "./gate-result.ts";
import { notesOf } from "./notes.ts";
import { compareBlocks, compareErrors, compareRuns, type PairComparison } from "./pair.ts";
import { faultsOf, unmeasuredOf } from "./reasons.ts";
import { type Matched, matchAcross, matchWithin, measured } from "./reference.ts";
import type { Side } from "./side.ts";
import { holdTolerance } from "./tolerance.ts";
import { comparabilityOf } from "./validity.ts";

export interface CompareOptions {
  gates: readonly Gate[];
  /** An earlier run; without it the run configs of the one run are compared. */
  baseline?: Side | undefined;
  seed: number;
  /** Compares with another environment all the same, and says so. */
  force?: boolean;
  /** The summary of a run config, for gates on its metrics. */
  metricsOf?: (config_key: string) => ConfigMetrics | undefined;
}

export interface Comparison {
  outcome: ComparisonOutcome;
  exit_code: (typeof exitCodes)[ComparisonOutcome];
  candidate: { run_id: string; label: string };
  baseline: { run_id: string; label: string };
  /** Whether the sides took turns, so that drift of the machine cancels. */
  paired: boolean;
  /** Why no verdict counts: of `invalid`, `unavailable` and `not-comparable`. */
  reasons: string[];
  /** What a reader must know beside the numbers. */
  notes: string[];
  pairs: PairComparison[];
  gates: GateResult[];
  /** What the A/A test of the candidate's run says of the machine; null without one, or with too few blocks. */
  machine: Detectable | null;
  resampling: Resampling;
}

/** Where no gate names a tolerance, verdicts are drawn with these, and two runs are held to them. */
const usualTolerances = { speed: 0.05, wer: 0.005, cer: 0.005 } as const;

export function compare(candidate: Side, options: CompareOptions): Comparison {
  const { gates, baseline, seed, force = false } = options;
  const resampling = { ...usualResampling, seed };
  const reference = baseline ?? candidate;
  const comparable = comparabilityOf(candidate, reference);
  const matched = baseline === undefined ? matchWithin(candidate) : matchAcross(candidate, baseline);
  const aa = aaRatios(candidate);
  const machine = (aa && leastDetectable(aa, { blocks: aa.length, resampling })) ?? null;
  const common = {
    candidate: nameOf(candidate),
    baseline: nameOf(reference),
    paired: baseline === undefined,
    machine,
    resampling,
  };
  const incomparable = [comparable.conditions, force ? null : comparable.environment].filter((why) => why !== null);
  if (incomparable.length > 0) {
    return { ...common, ...concluded("not-comparable"), reasons: incomparable, notes: [], pairs: [], gates: [] };
  }
  const sides = { candidate, reference, resampling };
  const pairs = matched.map((match) => comparePair(match, { ...sides, gates }));
  const held = heldGates(pairs, { ...options, ...sides, aa });
  const usual = baseline === undefined || gates.some(isTolerance) ? [] : usualGates(pairs);
  const results = confirmed([...held, ...usual], resampling.level);
  const reasons = [
    ...comparable.faults,
    ...faultsOf(candidate, { reference, matched }),
    ...unmeasuredOf(gates, results),
  ];
  const isApart = baseline !== undefined && pairs.every(({ speed, wer }) => speed === null && wer === null);
  return {
    ...common,
    ...concluded(outcomeOf({ candidate, reference, reasons, isApart, results })),
    reasons: isApart ? [...reasons, "no item was answered in both runs by equal run configs"] : reasons,
    notes: notesOf({ candidate, baseline, matched, machine, forced: force ? comparable.environment : null }),
    pairs,
    gates: results,
  };
}

/** How many decisions are still open that more trials could bring about. */
export function undecided({ gates, pairs }: Comparison): number {
  if (gates.length === 0) return pairs.filter(({ speed }) => speed?.verdict === "inconclusive").length;
  const open = gates.filter(({ outcome }) => outcome === "inconclusive" || outcome === "refused");
  // What is said wrongly is said so again: word errors are decided by more items, not by more trials.
  return open.filter(({ gate }) => gate.metric !== "wer" && gate.metric !== "cer").length;
}

const nameOf = ({ run_id, label }: Side) => ({ run_id, label });
const concluded = (outcome: ComparisonOutcome) => ({ outcome, exit_code: exitCodes[outcome] });

interface Sides {
  candidate: Side;
  reference: Side;
  gates: readonly Gate[];
  resampling: Resampling;
}

function comparePair(match: Matched, { candidate, reference, gates, resampling }: Sides): PairComparison {
  const other = match.reference;
  if (other === undefined) return { ...match, speed: null, wer: null, cer: null };
  const samplesOf = (side: Side, key: string) => side.samples.filter(({ config_key }) => config_key === key);
  const samples = {
    candidate: samplesOf(candidate, match.candidate.config_key),
    reference: samplesOf(reference, other.config_key),
  };
  const options = (metric: keyof typeof usualTolerances) => ({ tolerance: toleranceOf(gates, metric), resampling });
  const compareSpeed = candidate === reference ? compareBlocks : compareRuns;
  return {
    ...match,
    speed: compareSpeed(samples, options("speed")),
    wer: compareErrors(samples, { ...options("wer"), of: "words" }),
    cer: compareErrors(samples, { ...options("cer"), of: "characters" }),
  };
}

/** Whoever holds a run against another one wants a verdict: without a tolerance of its own it is of what was measured. */
function usualGates(pairs: readonly PairComparison[]): GateResult[] {
  return (["speed", "wer"] as const).flatMap((metric) =>
    pairs
      .filter((pair) => pair[metric] !== null)
      .map((pair) => holdTolerance({ metric, tolerance: usualTolerances[metric] }, { pair, aa: undefined })),
  );
}

const isTolerance = (gate: Gate): boolean => "tolerance" in gate;

function toleranceOf(gates: readonly Gate[], metric: keyof typeof usualTolerances): number {
  const tolerances = gates.flatMap((gate) => ("tolerance" in gate && gate.metric === metric ? [gate.tolerance] : []));
  return tolerances.length === 0 ? usualTolerances[metric] : Math.min(...tolerances);
}

function heldGates(
  pairs: readonly PairComparison[],
  { gates, aa, metricsOf, ...sides }: CompareOptions & Omit<Sides, "gates"> & { aa: readonly number[] | undefined },
): GateResult[] {
  const { candidate, resampling } = sides;
  const byConfig = Map.groupBy(candidate.samples, ({ config_key }) => config_key);
  return gates.flatMap((gate) => {
    if ("tolerance" in gate) {
      // Pairs are judged with the strictest of several gates on one metric.
      const strictest = gate.tolerance === toleranceOf(gates, gate.metric);
      return pairs.map((pair) =>
        holdTolerance(gate, { pair: strictest ? pair : comparePair(pair, { ...sides, gates: [gate] }), aa }),
      );
    }
    return measured(candidate.configs).map((config) => {
      const samples = byConfig.get(config.config_key) ?? [];
      return holdBound(gate, { config, samples, summary: metricsOf?.(config.config_key), resampling });
    });
  });
}

/** The first that is true of: a SUT was not there, a run is invalid, they share nothing, something is worse, or open. */
function outcomeOf({
  candidate,
  reference,
  reasons,
  isApart,
  results,
}: {
  candidate: Side;
  reference: Side;
  reasons: readonly string[];
  isApart: boolean;
  results: readonly GateResult[];
}): ComparisonOutcome {
  if ([candidate, reference].some(({ failure }) => failure?.code === "loading")) return "unavailable";
  if (reasons.length > 0) return "invalid";
  if (isApart) return "not-comparable";
  if (results.some(({ outcome }) => outcome === "regression")) return "regression";
  return results.every(({ outcome }) => outcome === "pass") ? "pass" : "inconclusive";
}
