/** Benchmark definitions as the verbs take them: a file, or the name of one in the directory of definitions. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { loadDefinition } from "../../bench/definition/load.ts";
import { definitionFile, definitionNames } from "../../bench/definition/names.ts";
import { expandConfigs } from "../../bench/plan/configs.ts";
import { metricNames } from "../../bench/report/metrics.ts";
import type { Config } from "../../core/config.ts";
import { ConfigError } from "../../core/config-error.ts";
import type { Io } from "../io.ts";
import { renderTable } from "../table.ts";

/** A path that is there, or else a name. Throws HumError `not_found` for a name that is none. */
export function findDefinition(asked: string, { config, io }: { config: Config; io: Pick<Io, "cwd"> }): string {
  const path = resolve(io.cwd, asked);
  if (existsSync(path) || /[/.]/.test(asked)) return path;
  return definitionFile(asked, config.benchmarks.definitions_dir);
}

export function tellDefinitions({ directory, json, io }: { directory: string; json: boolean; io: Io }): void {
  const listed = definitionNames(directory).map((name) => describe(name, { directory, io }));
  if (json) {
    io.out(`${JSON.stringify(listed)}\n`);
    return;
  }
  const rows = listed.map((one) =>
    "problem" in one
      ? [one.name, "-", "-", one.problem.split("\n")[0] ?? ""]
      : [one.name, one.scenario, String(one.configs), one.description ?? ""],
  );
  io.out(renderTable(["DEFINITION", "SCENARIO", "CONFIGS", "WHAT IT IS"], rows));
}

/** One that cannot be run here, such as for want of an environment variable, says so. */
function describe(name: string, { directory, io }: { directory: string; io: Io }) {
  const file = join(directory, `${name}.yaml`);
  try {
    const { definition } = loadDefinition(file, { env: io.env, metrics: metricNames });
    const { scenario, description = null } = definition;
    return { name, file, scenario: scenario.kind, configs: expandConfigs(definition).length, description };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { name, file, problem: error.problems.map(({ message }) => message).join("\n") };
  }
}
