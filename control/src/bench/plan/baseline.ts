/** Which run config each other one is compared with, in the same run; and the first of those once more as an A/A test. */
import type { Definition } from "../definition/schema.ts";
import { matches, type PlannedConfig } from "./configs.ts";
import { keyOf } from "./keys.ts";

type Compared = Pick<PlannedConfig, "config_key" | "sut" | "run_config" | "twin_of">;

/** Those that the definition's baseline describes; none where it names another run, or there is none. */
export function baselinesOf<Config extends Compared>({ baseline }: Definition, configs: readonly Config[]): Config[] {
  if (baseline === undefined || "run" in baseline) return [];
  return configs.filter(
    ({ sut, run_config, twin_of }) =>
      twin_of === null && (baseline.sut ?? sut) === sut && matches(run_config, baseline.config),
  );
}

/**
 * With one baseline it is that one; with several, the one that differs from the candidate by nothing but what the
 * definition's baseline names: `{sut: faster-whisper}` compares beam_size 5 with beam_size 5.
 */
export function baselineFor<Config extends Compared>(
  candidate: Config,
  definition: Definition,
  configs: readonly Config[],
): Config | null {
  const { baseline } = definition;
  const baselines = baselinesOf(definition, configs);
  const isOne = baselines.some(({ config_key }) => config_key === candidate.config_key);
  if (baseline === undefined || "run" in baseline || isOne || candidate.twin_of !== null) return null;
  if (baselines.length === 1) return baselines[0] ?? null;
  const named = baseline.sut === undefined ? baselines.filter(({ sut }) => sut === candidate.sut) : baselines;
  const wanted = keyOf({ ...candidate.run_config, ...baseline.config });
  return named.find(({ run_config }) => keyOf({ ...run_config, ...baseline.config }) === wanted) ?? null;
}

/**
 * The first baseline again, as if it were another: what the two differ by is what this machine cannot tell apart.
 * Only where a gate on speed needs to know.
 */
export function twinOf(definition: Definition, configs: readonly PlannedConfig[]): PlannedConfig | null {
  const [first] = baselinesOf(definition, configs);
  const wantsNoise = definition.gates.some((gate) => gate.metric === "speed" && "tolerance" in gate);
  if (first === undefined || !wantsNoise) return null;
  const { config_key, label } = first;
  return { ...first, config_key: keyOf({ twin_of: config_key }), label: `${label} (again)`, twin_of: config_key };
}
