/** Where a SUT is run from: what the harness itself was started with. */
import type { Config } from "../../core/config.ts";

export interface SutContext {
  env: Readonly<Record<string, string | undefined>>;
  /** What relative paths in variables and settings are relative to. */
  cwd: string;
  /** Hears every line that a process of the SUT prints. */
  onLine?: (line: string) => void;
}

/** For a process that is told otherwise: HUM_ variables are for the user's own server. */
export function withoutSettings(env: SutContext["env"]): Record<string, string> {
  const kept = Object.entries(env).filter(
    (pair): pair is [string, string] => pair[1] !== undefined && !pair[0].startsWith("HUM_"),
  );
  return Object.fromEntries(kept);
}

/** For a harness inside of a node: what it starts finds weights and Python where the node does, whoever told it so. */
export function settingsOf(config: Config): Record<string, string> {
  return {
    HUM_DATA_DIR: config.data_dir,
    HUM_MODEL_DIR: config.model_dir,
    HUM_CATALOGUE: config.catalogue,
    HUM_PYTHON: config.python,
    HUM_MODEL: config.model,
    HUM_ALLOW_FAKE_MODELS: String(config.allow_fake_models),
  };
}
