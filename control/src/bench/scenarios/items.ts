/** Which item each request of a trial is about. */
import type { WorkloadItem } from "../workloads/item.ts";
import type { ScenarioTrial } from "./scenario.ts";

/**
 * Each item as often as any other, give or take one: one shuffled pass over all of them after another (Fisher and Yates, as
 * in Knuth, TAOCP 2, algorithm 3.4.2P). A single item needs no chance.
 */
export function chooseItems(
  { items, random }: Pick<ScenarioTrial, "items" | "random">,
  requests = items.length,
): WorkloadItem[] {
  const chosen: WorkloadItem[] = [];
  while (chosen.length < requests) chosen.push(...shuffled(items, random).slice(0, requests - chosen.length));
  return chosen;
}

function shuffled<T>(values: readonly T[], random: () => number): T[] {
  const order = [...values];
  for (let left = order.length; left > 1; left -= 1) {
    const chosen = Math.floor(random() * left);
    const last = order[left - 1] as T;
    order[left - 1] = order[chosen] as T;
    order[chosen] = last;
  }
  return order;
}
