/** Which run config each one is compared with. */
import type { Side, SideConfig } from "./side.ts";

export interface Matched {
  candidate: SideConfig;
  /** Undefined where nothing is there to compare it with. */
  reference: SideConfig | undefined;
}

/** Within a run: with the one that its plan says; where the plan says none at all, all others with the first. */
export function matchWithin({ configs }: Side): Matched[] {
  const own = measured(configs);
  const [first, ...others] = own;
  const byKey = new Map(own.map((config) => [config.config_key, config]));
  const planned = own.flatMap((candidate) => {
    if (candidate.baseline === null) return [];
    return [{ candidate, reference: byKey.get(candidate.baseline) }];
  });
  return planned.length > 0 ? planned : others.map((candidate) => ({ candidate, reference: first }));
}

/** Of two runs: equal run configs; and two lone ones in any case. */
export function matchAcross(candidate: Side, baseline: Side): Matched[] {
  const byKey = new Map(baseline.configs.map((config) => [config.config_key, config]));
  const [own, other] = [measured(candidate.configs), measured(baseline.configs)];
  const lone = own.length === 1 && other.length === 1 ? other[0] : undefined;
  return own.map((config) => ({ candidate: config, reference: byKey.get(config.config_key) ?? lone }));
}

/** All but those that are another one again, or that their SUT cannot be told: those are reported, and nothing holds them. */
export function measured(configs: readonly SideConfig[]): SideConfig[] {
  return configs.filter(({ twin_of, unsupported }) => twin_of === null && unsupported.length === 0);
}
