/** The plan of a run: its run configs, its items, and every trial with an id that stays the same in a later run. */
import type { Definition } from "../definition/schema.ts";
import type { WorkloadItem } from "../workloads/item.ts";
import { twinOf } from "./baseline.ts";
import { expandConfigs, type PlannedConfig } from "./configs.ts";
import { keyOf } from "./keys.ts";
import { abbaOrder, type Slot, sequentialOrder } from "./order.ts";

export interface Plan {
  readonly definition: Definition;
  readonly configs: readonly PlannedConfig[];
  readonly items: readonly WorkloadItem[];
  /** Whether a trial is one item, or the whole workload. */
  readonly scope: "item" | "workload";
  readonly plan_hash: string;
  /** The trials of these iterations, in the order in which they run. */
  trials(iterations: { from: number; to: number }): PlannedTrial[];
}

export interface PlannedTrial extends Slot {
  trial_id: string;
  planned: PlannedConfig;
  items: readonly WorkloadItem[];
}

const itemScenarios: readonly string[] = ["single-stream", "streaming"];

/** `items` are those of all workloads; `runnable` leaves out run configs that a SUT does not support. */
export function makePlan(
  definition: Definition,
  options: { items: readonly WorkloadItem[]; runnable: (config: PlannedConfig) => boolean },
): Plan {
  const { items } = options;
  const expanded = expandConfigs(definition);
  const twin = twinOf(definition, expanded.filter(options.runnable));
  const configs = twin === null ? expanded : [...expanded, twin];
  const runnable = configs.filter(options.runnable);
  const scope = itemScenarios.includes(definition.scenario.kind) ? "item" : "workload";
  const conditions = keyOf(conditionsOf(definition));
  const byKey = new Map(items.map((item) => [item.key, item]));
  return {
    definition,
    configs,
    items,
    scope,
    plan_hash: keyOf({
      conditions,
      configs: configs.map(({ config_key, workloads }) => ({ config_key, workloads })),
      items: items.map(identityOf),
    }),
    trials(iterations) {
      const order = definition.protocol.order === "abba" ? abbaOrder : sequentialOrder;
      const slots = order(iterations, {
        configs: runnable.length,
        items: scope === "item" ? items.map(({ key }) => key) : [null],
        takes: (config, item) => item === null || takes(runnable[config] as PlannedConfig, byKey.get(item)),
      });
      return slots.map((slot) => {
        const planned = runnable[slot.config] as PlannedConfig;
        const chosen =
          slot.item === null ? items.filter((item) => takes(planned, item)) : [byKey.get(slot.item) as WorkloadItem];
        const trial_id = keyOf({
          conditions,
          config: planned.config_key,
          items: chosen.map(identityOf),
          iteration: slot.iteration,
        });
        return { ...slot, trial_id, planned, items: chosen };
      });
    },
  };
}

function takes({ workloads }: PlannedConfig, item: WorkloadItem | undefined): boolean {
  return item !== undefined && (workloads === null || workloads.includes(item.workload));
}

/** What of a definition decides the conditions of a trial; another gate, text or number of trials changes none. */
function conditionsOf({ schema, name, scenario, protocol, capture }: Definition) {
  const { warmup, isolation, order, seed } = protocol;
  return { schema, name, scenario, warmup, isolation, order, seed, capture };
}

/** The same sound is the same item, wherever it lies and whatever is said to be in it. */
const identityOf = ({ key, sha256 }: WorkloadItem) => ({ key, sha256 });
