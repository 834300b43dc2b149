/** A scenario from its definition. */
import type { ScenarioDefinition } from "../definition/scenario.ts";
import { arrivalsOf } from "./arrivals.ts";
import { type ClosedLoop, closedLoop } from "./closed-loop.ts";
import { chooseItems } from "./items.ts";
import { findMaxRate } from "./max-rate.ts";
import { openLoop } from "./open-loop.ts";
import type { Scenario } from "./scenario.ts";

export function createScenario(definition: ScenarioDefinition): Scenario {
  switch (definition.kind) {
    case "single-stream":
      return { scope: "item", execute: (trial) => closedLoop(trial, lone) };
    case "streaming":
      return { scope: "item", execute: (trial) => closedLoop(trial, { ...lone, streaming: true }) };
    case "multi-stream": {
      const { streams: clients, requests } = definition;
      return { scope: "workload", execute: (trial) => closedLoop(trial, { ...lone, clients, requests }) };
    }
    case "offline": {
      const { concurrency: clients, requests } = definition;
      return {
        scope: "workload",
        execute: (trial) => closedLoop(trial, { ...lone, clients, requests, allAtOnce: true }),
      };
    }
    case "server":
      return {
        scope: "workload",
        async execute(trial) {
          const { rate, arrivals: kind, trace, requests } = definition;
          const count = requests ?? (kind === "trace" ? trace?.length : undefined) ?? trial.items.length;
          const { random } = trial;
          const arrivals = arrivalsOf(kind, { rate, count, random, ...(trace === undefined ? {} : { trace }) });
          const items = chooseItems(trial, arrivals.length);
          return openLoop(trial, { arrivals, items });
        },
      };
    case "max-rate":
      return { scope: "workload", execute: (trial) => findMaxRate(trial, definition) };
  }
}

const lone: ClosedLoop = { clients: 1, requests: undefined, streaming: false, allAtOnce: false };
