/** In which order trials run: blocks in which each run config has one trial, forwards and backwards in turn. */

export interface Slot {
  /** Index of the run config. */
  config: number;
  /** Key of the item, or null where a trial is the whole workload. */
  item: string | null;
  iteration: number;
  /** Blocks of equal name are compared with each other: the same item and iteration. */
  block: string;
  position: number;
}

interface Trials {
  configs: number;
  items: readonly (string | null)[];
  /** Whether a run config runs on an item. */
  takes(config: number, item: string | null): boolean;
}

/** ABBA: what drifts over time meets all run configs alike, since the next block runs them the other way round (A B, B A). */
export function abbaOrder(iterations: { from: number; to: number }, trials: Trials): Slot[] {
  return blocksOf(iterations, { trials, alternates: true });
}

/** All trials of a run config before those of the next one: cheap where each needs a SUT of its own, and open to drift. */
export function sequentialOrder(iterations: { from: number; to: number }, trials: Trials): Slot[] {
  return blocksOf(iterations, { trials, alternates: false }).toSorted((a, b) => a.config - b.config);
}

function blocksOf(
  iterations: { from: number; to: number },
  { trials, alternates }: { trials: Trials; alternates: boolean },
): Slot[] {
  const forwards = Array.from({ length: trials.configs }, (_, index) => index);
  const backwards = alternates ? forwards.toReversed() : forwards;
  const slots: Slot[] = [];
  for (let iteration = iterations.from; iteration < iterations.to; iteration += 1) {
    trials.items.forEach((item, index) => {
      const order = (iteration + index) % 2 === 0 ? forwards : backwards;
      const block = `${iteration}/${item ?? "all"}`;
      order
        .filter((config) => trials.takes(config, item))
        .forEach((config, position) => {
          slots.push({ config, item, iteration, block, position });
        });
    });
  }
  return slots;
}
