/** Scenarios in which a client asks anew when it has its answer: one client, several, or everything at once. */
import { ask, stopwatch } from "./ask.ts";
import { chooseItems } from "./items.ts";
import type { Exchange, ScenarioOutcome, ScenarioTrial } from "./scenario.ts";
import { together } from "./together.ts";

export interface ClosedLoop {
  clients: number;
  /** Each item once where there is no number. */
  requests: number | undefined;
  streaming: boolean;
  /** Whether all requests are there from the start, so that each one's latency counts from there. */
  allAtOnce: boolean;
}

export async function closedLoop(trial: ScenarioTrial, options: ClosedLoop): Promise<ScenarioOutcome> {
  const { clients, requests, streaming, allAtOnce } = options;
  const items = chooseItems(trial, requests);
  const left = items.entries();
  const exchanges: Exchange[] = [];
  const nowS = stopwatch();
  await together(trial.signal, async ({ signal, start }) => {
    const serve = async () => {
      for (const [index, item] of left) {
        exchanges[index] = await ask(trial, { item, intendedS: allAtOnce ? 0 : null, streaming, signal }, nowS);
      }
    };
    for (let client = 0; client < Math.min(clients, items.length); client += 1) start(serve());
  });
  return { exchanges, total_s: spanOf(exchanges), doubts: [] };
}

/** From the first intended arrival to the last answer. */
export function spanOf(exchanges: readonly Exchange[]): number {
  const first = exchanges.reduce(
    (earliest, { intended_s }) => Math.min(earliest, intended_s),
    Number.POSITIVE_INFINITY,
  );
  return exchanges.reduce((latest, { done_s }) => Math.max(latest, done_s), first) - first;
}
