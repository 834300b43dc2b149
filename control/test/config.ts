/** A configuration for tests: what configs/default.yaml says, with quick timings and every path in a directory of the test. */
import { join } from "node:path";
import type { Config } from "../src/core/config.ts";
import { loadConfig } from "../src/core/load-config.ts";

export function testConfig(dir: string): Config {
  const config = loadConfig({ env: { HUM_MODEL_DIR: process.env.HUM_MODEL_DIR, HUM_DATA_DIR: join(dir, "data") } });
  return {
    ...config,
    allow_fake_models: true,
    http: { ...config.http, port: 0 },
    liveness: { ...config.liveness, ping_interval_s: 0.2, missed_pings: 3, stop_grace_s: 1 },
    models: { ...config.models, load_cool_down_s: 0.5 },
    restart: { ...config.restart, backoff_s: 0.05 },
  };
}
