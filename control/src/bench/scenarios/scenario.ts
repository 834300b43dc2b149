/** The seam of a scenario: how one trial asks a SUT, and what came of each request. */
import type { RunConfig } from "../definition/run-config.ts";
import type { Outcome, SutInstance } from "../suts/sut.ts";
import type { WorkloadItem } from "../workloads/item.ts";

export interface Scenario {
  /** Whether one trial is one item, or the whole workload. */
  readonly scope: "item" | "workload";
  /** Rejects where the run is to end: `signal` was aborted, or the SUT died. */
  execute(trial: ScenarioTrial): Promise<ScenarioOutcome>;
}

export interface ScenarioTrial {
  /** Prepared for the items. */
  instance: SutInstance;
  config: RunConfig;
  /** One where the scope is an item. */
  items: readonly WorkloadItem[];
  /** Uniform in [0, 1): the same for every run config of a block, so that all get the same arrivals. */
  random: () => number;
  signal: AbortSignal;
  timeoutMs: number;
}

/** Times in seconds from the trial's start, by a monotonic clock. */
export interface Exchange {
  item: WorkloadItem;
  /** When the request should have been sent; latency counts from here. */
  intended_s: number;
  sent_s: number;
  done_s: number;
  outcome: Outcome;
}

export interface ScenarioOutcome {
  exchanges: Exchange[];
  /** From the first intended arrival to the last answer. */
  total_s: number;
  /** What makes its numbers doubtful, in words: the harness itself was late, or there were too few requests. */
  doubts: string[];
  /** Of a search: the greatest rate that kept its slo, and each rate that was tried. */
  search?: { sustainable_rate: number; probes: Probe[] };
}

export interface Probe {
  /** Requests a second. */
  rate: number;
  /** Those that were sent: fewer than planned where it was clear before. */
  requests: number;
  /** At the slo's percentile, in seconds; null where the probe was ended before, or there were failures among them. */
  latency_s: number | null;
  kept: boolean;
}
