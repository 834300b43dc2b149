/** One side of a comparison: a run, as plain samples of its run configs. */
import type { Scored } from "../stats/wer.ts";

/** One trial that counts. */
export interface Sample {
  config_key: string;
  /** Samples of one block did the same work, one right after the other. */
  block: string;
  /** What was worked on: the key of an item, or `all`. */
  item: string;
  status: "ok" | "error" | "timeout" | "invalid";
  /** Compared between run configs; of no meaning where the trial failed. */
  time_s: number;
  words: readonly Scored[];
  characters: readonly Scored[];
  /** Of each request, from its intended arrival; Infinity where it was not answered. */
  latencies_s: readonly number[];
}

export interface SideConfig {
  config_key: string;
  label: string;
  sut: string;
  unsupported: readonly string[];
  /** The config_key of the one in its run that it is compared with. */
  baseline: string | null;
  /** Of an A/A test: the config_key of the one that it is again. */
  twin_of: string | null;
  /** Trials that its plan wants at the least. */
  least_trials: number;
}

export interface Side {
  run_id: string;
  /** For people: the name of the definition and when it was run. */
  label: string;
  environment_key: string;
  /** Of what decides what a trial measures: the scenario and the isolation. */
  conditions: string;
  /** Every normalizer that scored a text. */
  normalizers: readonly string[];
  /** Whether the run configs took turns. */
  interleaved: boolean;
  configs: readonly SideConfig[];
  /** sha256 of the audio, by the key of the item. */
  audio: ReadonlyMap<string, string>;
  samples: readonly Sample[];
  /** What makes some of the measurements doubtful. */
  doubts: readonly string[];
  /** What is wrong with the documents themselves. */
  faults: readonly string[];
  /** Why the run was ended, where a SUT or the harness failed. */
  failure: { code: string; message: string } | null;
}
