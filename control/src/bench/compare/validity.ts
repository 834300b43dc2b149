/** Whether a side can be trusted: what makes a run invalid, and what keeps two runs from being compared. */
import type { Side, SideConfig } from "./side.ts";
import { mostFailed } from "./side-of-run.ts";

/** Why no verdict of this run counts; empty for a valid run. Only these run configs matter. */
export function faultsOfSide(side: Side, configs: readonly SideConfig[]): string[] {
  const byConfig = Map.groupBy(side.samples, ({ config_key }) => config_key);
  const ended = side.failure === null ? [] : [`it failed (${side.failure.code}): ${side.failure.message}`];
  return [
    ...side.faults,
    ...ended,
    ...configs.flatMap((config) => faultsOfConfig(config, byConfig.get(config.config_key))),
  ];
}

function faultsOfConfig({ label, unsupported, least_trials }: SideConfig, samples: Side["samples"] = []): string[] {
  if (unsupported.length > 0) return [`${label}: the SUT cannot be told ${unsupported.join(", ")}`];
  const ok = samples.filter(({ status }) => status === "ok").length;
  const failed = samples.length - ok;
  const faults: string[] = [];
  if (failed > mostFailed * samples.length) {
    faults.push(`${label}: ${failed} of ${samples.length} trials failed, and at most ${100 * mostFailed} % may`);
  }
  const least = Math.max(1, least_trials);
  if (samples.length < least) faults.push(`${label}: ${samples.length} of at least ${least} trials are there`);
  return faults;
}

export interface Comparability {
  /** Another sound under the same name, or other ways to count errors: the numbers do not mean the same. */
  faults: string[];
  /** The one that can be overruled. */
  environment: string | null;
  /** Measured in another manner: no force makes these comparable. */
  conditions: string | null;
}

export function comparabilityOf(candidate: Side, baseline: Side): Comparability {
  const otherAudio = [...candidate.audio].filter(([key, sha256]) => (baseline.audio.get(key) ?? sha256) !== sha256);
  const faults = otherAudio.map(([key]) => `${key} is other audio in the baseline`);
  if (candidate.normalizers.join() !== baseline.normalizers.join()) {
    const [own, other] = [candidate, baseline].map(({ normalizers }) => normalizers.join(", ") || "none");
    faults.push(`word errors were counted with the normalizers ${own}, in the baseline with ${other}`);
  }
  return {
    faults,
    environment:
      candidate.environment_key === baseline.environment_key
        ? null
        : `the baseline is from another environment (${baseline.environment_key}, this one is ${candidate.environment_key})`,
    conditions:
      candidate.conditions === baseline.conditions
        ? null
        : "the baseline was measured in another scenario or isolation",
  };
}
