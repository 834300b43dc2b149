/** The greatest rate at which a SUT keeps its service level: by doubling, then by halving the ratio between two rates. */
import type { ScenarioOf, Slo } from "../definition/scenario.ts";
import { leastSamples } from "../stats/tail.ts";
import { arrivalsOf } from "./arrivals.ts";
import { closedLoop } from "./closed-loop.ts";
import { chooseItems } from "./items.ts";
import { openLoop } from "./open-loop.ts";
import type { Exchange, Probe, ScenarioOutcome, ScenarioTrial } from "./scenario.ts";

/** The harness itself sends no faster. */
const greatestRate = 10_000;
/** Requests that far apart, in terms of the bound, do not meet each other: a lower rate would change nothing. */
const farApart = 10;
const loneRequests = 10;
const mostRequests = 100_000;

/**
 * The outcome's exchanges are those of the sustainable rate; of the last probe where none was kept. Between two probes
 * everything that was sent is waited for, so that none inherits another's backlog.
 */
export async function findMaxRate(trial: ScenarioTrial, definition: ScenarioOf<"max-rate">): Promise<ScenarioOutcome> {
  const { slo, start_rate, precision } = definition;
  const probes: Probe[] = [];
  let best: ScenarioOutcome | null = null;
  let last: ScenarioOutcome | null = null;

  async function keeps(rate: number): Promise<boolean> {
    const { outcome, probe } = await tryRate(trial, { definition, rate });
    probes.push(probe);
    last = outcome;
    if (probe.kept) best = outcome;
    return probe.kept;
  }

  let kept = 0;
  let missed = Number.POSITIVE_INFINITY;
  for (let rate = start_rate; ; ) {
    if (await keeps(rate)) kept = rate;
    else missed = rate;
    if (kept >= greatestRate || (kept > 0 && missed / kept <= 1 + precision)) break;
    if (kept === 0 && missed * slo.latency_s < 1 / farApart) break;
    if (kept === 0 && rate === start_rate && !(await keepsAlone(trial, slo))) break;
    if (missed === Number.POSITIVE_INFINITY) rate = Math.min(2 * kept, greatestRate);
    else rate = kept === 0 ? missed / 2 : Math.sqrt(kept * missed);
  }
  const shown = (best ?? last) as ScenarioOutcome | null;
  if (shown === null) throw new Error("a search tries at least one rate");
  return {
    ...shown,
    doubts: [...shown.doubts, ...tooFew(definition, slo), ...tooShort(definition, kept)],
    search: { sustainable_rate: kept, probes },
  };
}

/**
 * Long enough for its percentile (MLPerf's rule) and for an overload to show: at a rate that is too high by `precision` the
 * backlog after so many requests is as long as the bound.
 */
export function requestsOf(definition: ScenarioOf<"max-rate">, rate: number): number {
  const enough = Math.max(leastSamples(definition.slo.percentile), overload(definition, rate));
  return definition.requests ?? Math.min(enough, mostRequests);
}

const overload = ({ slo, precision }: ScenarioOf<"max-rate">, rate: number) =>
  Math.ceil((rate * slo.latency_s) / precision);

async function tryRate(
  trial: ScenarioTrial,
  { definition, rate }: { definition: ScenarioOf<"max-rate">; rate: number },
): Promise<{ outcome: ScenarioOutcome; probe: Probe }> {
  const { slo, arrivals } = definition;
  const count = requestsOf(definition, rate);
  /** As many may be late. */
  const allowed = count - Math.ceil(slo.percentile * count);
  let late = 0;
  const outcome = await openLoop(trial, {
    arrivals: arrivalsOf(arrivals, { rate, count, random: trial.random }),
    items: chooseItems(trial, count),
    goesOn(exchange) {
      if (isLate(exchange, slo)) late += 1;
      return late <= allowed;
    },
  });
  const requests = outcome.exchanges.length;
  const kept = late <= allowed;
  return { outcome, probe: { rate, requests, latency_s: requests === count ? latencyOf(outcome, slo) : null, kept } };
}

/** Where most requests are late without any load, no rate is low enough. */
async function keepsAlone(trial: ScenarioTrial, slo: Slo): Promise<boolean> {
  const lone = { clients: 1, requests: loneRequests, streaming: false, allAtOnce: false };
  const { exchanges } = await closedLoop(trial, lone);
  return exchanges.filter((exchange) => isLate(exchange, slo)).length <= loneRequests / 2;
}

/** What failed was never in time. */
const isLate = ({ outcome, done_s, intended_s }: Exchange, { latency_s }: Slo) =>
  !outcome.ok || done_s - intended_s > latency_s;

/** The nearest rank, so that it is within the bound exactly where the probe was kept. */
function latencyOf({ exchanges }: ScenarioOutcome, { percentile }: Slo): number | null {
  const latencies = exchanges.map(({ outcome, done_s, intended_s }) =>
    outcome.ok ? done_s - intended_s : Number.POSITIVE_INFINITY,
  );
  const latency = latencies.toSorted((a, b) => a - b)[Math.ceil(percentile * latencies.length) - 1];
  return latency === undefined || latency === Number.POSITIVE_INFINITY ? null : latency;
}

function tooFew({ requests }: ScenarioOf<"max-rate">, { percentile }: Slo): string[] {
  const least = leastSamples(percentile);
  if (requests === undefined || requests >= least) return [];
  return [`${requests} requests are too few for a p${Math.round(percentile * 1000) / 10}, which takes ${least}`];
}

/** With fewer requests than that the rate may be far beyond what the SUT bears. */
function tooShort(definition: ScenarioOf<"max-rate">, rate: number): string[] {
  const least = overload(definition, rate);
  const sent = requestsOf(definition, rate);
  if (sent >= least) return [];
  return [`${sent} requests are too few to show an overload at ${rate} requests a second, which takes ${least}`];
}
