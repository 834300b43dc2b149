/** From a definition to its run configs: every SUT with every combination of the matrix that is not excluded. */
import { isDeepStrictEqual } from "node:util";
import { type RunConfig, type RunParameter, runParameters } from "../definition/run-config.ts";
import type { Definition } from "../definition/schema.ts";
import type { SutDefinition } from "../definition/sut.ts";
import { keyOf } from "./keys.ts";

export interface PlannedConfig {
  /** Equal for equal SUT and parameters, on every host. */
  config_key: string;
  label: string;
  sut: string;
  run_config: RunConfig;
  /** Names of the workloads that it runs on; null means all. */
  workloads: readonly string[] | null;
  /** Of an A/A test: the config_key of the one that it is again. */
  twin_of: string | null;
}

export function expandConfigs(definition: Definition): PlannedConfig[] {
  const chosen = parametersOf(definition);
  const varied = runParameters.filter((name) => !allEqual(chosen.map(({ config }) => config[name])));
  return definition.suts.flatMap((sut) =>
    chosen.map(({ config, workloads }) => ({
      config_key: keyOf({ sut: identityOf(sut), config }),
      label: [sut.name, ...varied.flatMap((name) => labelOf(name, config[name]))].join(" "),
      sut: sut.name,
      run_config: config,
      workloads,
      twin_of: null,
    })),
  );
}

interface Chosen {
  config: RunConfig;
  workloads: readonly string[] | null;
}

/** Equal ones once, with the workloads of all of them. */
function parametersOf({ matrix, include, exclude, decoding }: Definition): Chosen[] {
  const combined = matrix === undefined && include.length > 0 ? [] : combinations(matrix ?? {});
  const all = [
    ...combined.map((config): Chosen => ({ config, workloads: null })),
    ...include.map(({ config, workloads }): Chosen => ({ config, workloads: workloads ?? null })),
  ];
  const kept = new Map<string, Chosen>();
  for (const { config, workloads } of all) {
    if (exclude.some((excluded) => matches(config, excluded))) continue;
    const whole = ordered({ ...decoding, ...config });
    const key = keyOf(whole);
    const known = kept.get(key);
    kept.set(key, { config: whole, workloads: known === undefined ? workloads : both(known.workloads, workloads) });
  }
  return [...kept.values()];
}

/** Null stands for all workloads. */
function both(...[some, others]: [Chosen["workloads"], Chosen["workloads"]]): Chosen["workloads"] {
  return some === null || others === null ? null : [...new Set([...some, ...others])];
}

function combinations(matrix: NonNullable<Definition["matrix"]>): RunConfig[] {
  return (Object.entries(matrix) as [RunParameter, readonly unknown[]][]).reduce<RunConfig[]>(
    (configs, [name, values]) => configs.flatMap((config) => values.map((value) => ({ ...config, [name]: value }))),
    [{}],
  );
}

/** Whether the config has all of the pattern's values. */
export function matches(config: RunConfig, pattern: RunConfig): boolean {
  return (Object.keys(pattern) as RunParameter[]).every((name) => isDeepStrictEqual(config[name], pattern[name]));
}

const ordered = (config: RunConfig): RunConfig =>
  Object.fromEntries(runParameters.filter((name) => config[name] !== undefined).map((name) => [name, config[name]]));

const allEqual = (values: readonly unknown[]) => values.every((value) => isDeepStrictEqual(value, values[0]));

/** Where a server runs is a fact of the host, not of what is measured. */
function identityOf(sut: SutDefinition) {
  switch (sut.kind) {
    case "hum-helix":
      return { kind: sut.kind, name: sut.name, settings: sut.settings };
    case "openai-http":
      return { kind: sut.kind, name: sut.name };
    case "faster-whisper":
      return { kind: sut.kind, name: sut.name, batched: sut.batched };
  }
}

function labelOf(name: RunParameter, value: unknown): string[] {
  if (value === undefined) return [];
  // What everybody recognizes needs no name before it.
  if (name === "model" || name === "compute_type" || name === "device") return [String(value)];
  return [`${name}=${typeof value === "object" ? JSON.stringify(value) : String(value)}`];
}
