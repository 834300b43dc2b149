/** The summary of a run: what its documents say of each run config, derived anew each time and stored nowhere. */
import { keyOf } from "../plan/keys.ts";
import type { RunDocuments } from "../results/reader.ts";
import type { RunRecord } from "../results/record.ts";
import { type ConfigSummary, summarizeConfig } from "./config-summary.ts";

export interface RunSummary {
  run_id: string;
  name: string;
  started: string;
  /** Of the last session; null where the run is still going on, or was killed. */
  ended: string | null;
  status: "complete" | "interrupted" | "failed" | "unfinished";
  /** What ended a failed run. */
  error: string | null;
  sessions: number;
  scenario: string;
  plan_hash: string;
  /** Of what decides what a run config's numbers mean, whatever others the plan has: scenario, isolation and items. */
  conditions_key: string;
  environment_key: string;
  environment: RunRecord["environment"];
  provenance: RunRecord["provenance"];
  /** Those that scored the trials. */
  normalizers: string[];
  /** Of the workloads. */
  items: number;
  audio_s: number;
  /** Processor seconds of the harness over its wall-clock seconds; null where no session has ended. */
  harness_cpu_share: number | null;
  configs: ConfigSummary[];
}

/** Grouped by the whole run config: what differs in any parameter is never averaged. */
export function summarizeRun({ run, trials, ends }: RunDocuments): RunSummary {
  const end = ends.toSorted((a, b) => a.session - b.session).at(-1);
  const byConfig = Map.groupBy(trials, ({ config_key }) => config_key);
  const items = new Map(run.items.map((item) => [item.key, item]));
  const wall_s = ends.reduce((sum, { wall_s: seconds }) => sum + seconds, 0);
  const cpu_s = ends.reduce((sum, { harness_cpu_s }) => sum + harness_cpu_s, 0);
  return {
    run_id: run.run_id,
    name: run.name,
    started: run.started,
    ended: end?.ended ?? null,
    status: end?.status ?? "unfinished",
    error: end?.error == null ? null : `${end.error.code}: ${end.error.message}`,
    sessions: Math.max(run.session, ...trials.map(({ session }) => session), ...ends.map(({ session }) => session)) + 1,
    scenario: run.definition.scenario.kind,
    plan_hash: run.plan_hash,
    conditions_key: keyOf({
      scenario: run.definition.scenario,
      isolation: run.definition.protocol.isolation,
      items: run.items.map(({ key, sha256 }) => ({ key, sha256 })),
    }),
    environment_key: run.environment_key,
    environment: run.environment,
    provenance: run.provenance,
    normalizers: [...new Set(trials.map(({ normalizer }) => normalizer))].toSorted(),
    items: run.items.length,
    audio_s: run.items.reduce((sum, { duration_s }) => sum + duration_s, 0),
    harness_cpu_share: wall_s > 0 ? cpu_s / wall_s : null,
    configs: run.configs.map((config) =>
      summarizeConfig(config, {
        trials: byConfig.get(config.config_key) ?? [],
        items,
        cluster: run.definition.scoring.cluster_by,
        seed: run.definition.protocol.seed,
      }),
    ),
  };
}
