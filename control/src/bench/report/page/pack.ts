/** Packs the summaries of many runs into what the results page has with it. */
import { metricNames } from "../metrics.ts";
import type { RunSummary } from "../summary.ts";
import type { PageConfig, PageData, PageRun } from "./page-data.ts";

/** Run configs that a SUT does not support have no row, nor have the twins of A/A tests. */
export function pageDataOf(summaries: readonly RunSummary[]): PageData {
  const byTime = summaries.toSorted((a, b) => b.started.localeCompare(a.started));
  const configs = new Map<string, PageConfig>();
  const rows = byTime.flatMap((summary, run) =>
    summary.configs
      .filter(({ unsupported, twin_of }) => unsupported.length === 0 && twin_of === null)
      .map((config): PageData["rows"][number] => {
        const { config_key, label, sut, run_config, trials, metrics } = config;
        if (!configs.has(config_key)) {
          configs.set(config_key, { config_key, label, sut, parameters: textsOf(run_config) });
        }
        const failed = trials.error + trials.timeout + trials.invalid;
        const values = metricNames.map((name) => shortened(metrics[name]));
        return [run, [...configs.keys()].indexOf(config_key), trials.ok, failed, ...values];
      }),
  );
  return { runs: byTime.map(runOf), configs: [...configs.values()], metrics: metricNames, rows };
}

function runOf({ environment, provenance, normalizers, ...summary }: RunSummary): PageRun {
  return {
    run_id: summary.run_id,
    name: summary.name,
    started: summary.started,
    status: summary.status,
    scenario: summary.scenario,
    plan_hash: summary.plan_hash,
    conditions_key: summary.conditions_key,
    environment_key: summary.environment_key,
    machine: `${environment.host}: ${[environment.cpu_model, ...environment.gpus].join(", ")}`,
    commit: provenance.commit?.slice(0, 12) ?? null,
    normalizers: normalizers.join(", "),
  };
}

function textsOf(config: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(config).map(([name, value]) => [name, typeof value === "string" ? value : JSON.stringify(value)]),
  );
}

/** More digits than a measurement has only make the page larger. */
function shortened(value: number | null): number | null {
  return value === null ? null : Number(value.toPrecision(6));
}
