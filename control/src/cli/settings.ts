/** The configuration as a verb sees it: the environment, with `--config` in the place of HUM_CONFIG. */
import type { Config } from "../core/config.ts";
import { loadConfig } from "../core/load-config.ts";
import type { Io } from "./io.ts";

export function loadSettings(io: Io, file: string | undefined): Config {
  const env = file === undefined ? io.env : { ...io.env, HUM_CONFIG: file };
  return loadConfig({ env, cwd: io.cwd });
}
