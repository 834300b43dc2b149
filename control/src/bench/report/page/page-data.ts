/** What the results page has with it: each run config of each run as a row of numbers, its names written once. */

export interface PageRun {
  run_id: string;
  name: string;
  started: string;
  status: string;
  scenario: string;
  plan_hash: string;
  conditions_key: string;
  environment_key: string;
  /** For people: its host, processor and GPUs. */
  machine: string;
  commit: string | null;
  normalizers: string;
}

export interface PageConfig {
  config_key: string;
  label: string;
  sut: string;
  /** Parameters as text. */
  parameters: Record<string, string>;
}

export interface PageData {
  runs: PageRun[];
  configs: PageConfig[];
  /** Names of the numbers of a row. */
  metrics: string[];
  /** Places of its run and its config, trials that were ok and that failed, and its metrics. */
  rows: [run: number, config: number, ok: number, failed: number, ...values: (number | null)[]][];
}
