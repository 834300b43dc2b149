/** The run configs that a definition makes: too many of them, none, or none that exclude or baseline can mean. */
import { expandConfigs, matches, type PlannedConfig } from "../plan/configs.ts";
import { type Problem, unknownName } from "./problem.ts";
import type { Definition } from "./schema.ts";

const maxConfigs = 10_000;

export function configProblems(sections: Partial<Definition>): Problem[] {
  const many = tooManyConfigs(sections);
  return many.length > 0 ? many : [...excludeProblems(sections), ...baselineProblems(sections)];
}

function tooManyConfigs({ matrix = {}, suts = [] }: Partial<Definition>): Problem[] {
  const lengths = Object.values(matrix as Record<string, readonly unknown[]>).map((values) => values.length);
  const count = lengths.reduce((product, length) => product * length, Math.max(1, suts.length));
  if (count <= maxConfigs) return [];
  const message = `matrix makes ${count.toLocaleString("en")} run configs with the suts; it must be ${maxConfigs.toLocaleString("en")} or less`;
  return [{ path: ["matrix"], message }];
}

function excludeProblems(sections: Partial<Definition>): Problem[] {
  const { exclude = [] } = sections;
  // What decoding adds is no part of what exclude looks at.
  const all = configsOf({ ...sections, exclude: [], decoding: {} });
  if (all === undefined || exclude.length === 0) return [];
  const idle = exclude.flatMap((pattern, index): Problem[] => {
    if (all.some(({ run_config }) => matches(run_config, pattern))) return [];
    const message = `exclude.${index} is ${JSON.stringify(pattern)}, which no run config has; correct it, or leave it out`;
    return [{ path: ["exclude", index], message }];
  });
  const kept = all.some(({ run_config }) => !exclude.some((pattern) => matches(run_config, pattern)));
  return kept
    ? idle
    : [...idle, { path: ["exclude"], message: `exclude leaves none of ${all.length} run configs to measure` }];
}

function baselineProblems(sections: Partial<Definition>): Problem[] {
  const { baseline, suts } = sections;
  if (baseline === undefined || "run" in baseline) return [];
  const names = (suts ?? []).map(({ name }) => name);
  if (suts !== undefined && baseline.sut !== undefined && !names.includes(baseline.sut))
    return [unknownName(["baseline", "sut"], { name: baseline.sut, names, what: "SUT" })];
  const configs = configsOf(sections);
  if (configs === undefined || configs.length === 0) return [];
  const meant = configs.filter(
    ({ sut, run_config }) => (baseline.sut ?? sut) === sut && matches(run_config, baseline.config),
  );
  if (meant.length > 0) return [];
  return [{ path: ["baseline"], message: `baseline matches no run config; there are: ${labelsOf(configs)}` }];
}

function labelsOf(configs: readonly PlannedConfig[]): string {
  const shown = configs.slice(0, 5).map(({ label }) => label);
  return configs.length > shown.length
    ? `${shown.join(", ")} and ${configs.length - shown.length} more`
    : shown.join(", ");
}

/** Undefined where a section that they are made of was refused. */
function configsOf(sections: Partial<Definition>): PlannedConfig[] | undefined {
  const parts = ["suts", "matrix", "include", "exclude", "decoding"];
  return parts.every((part) => Object.hasOwn(sections, part)) ? expandConfigs(sections as Definition) : undefined;
}
