/** The configuration of a server that the harness starts: the run config's engine, over the definition's settings. */
import { resolve } from "node:path";
import { type Config, pathFields } from "../../core/config.ts";
import type { RunConfig } from "../definition/run-config.ts";

interface Tree {
  [key: string]: unknown;
}

/** What of the user's own configuration says where things are; everything else would be another server's. */
type Carried = Pick<Config, "model_dir" | "catalogue" | "python" | "allow_fake_models" | "model">;

/**
 * `own` is of the user's configuration: where weights and Python are holds here too, while buses, keys and limits are not
 * carried over. `settings` are fields of configs/default.yaml.
 */
export function serverSettings(
  config: RunConfig,
  options: { own: Carried; settings: Tree; cwd: string; dataDir: string },
): Tree {
  const { model, device, compute_type, sidecars, workers, threads_per_worker, max_batch } = config;
  const { own, settings, cwd, dataDir } = options;
  const carried: Tree = {
    model_dir: own.model_dir,
    catalogue: own.catalogue,
    python: own.python,
    allow_fake_models: own.allow_fake_models,
    model: own.model,
    // A line for each request would be the harness's to read, in the midst of what it measures.
    log: { level: "warn" },
  };
  const engine = defined({ device, compute_type, sidecars, workers, threads_per_worker, max_batch });
  const ours: Tree = {
    ...defined({ model }),
    engine,
    http: { host: "127.0.0.1", port: 0, api_key: null },
    data_dir: dataDir,
  };
  return merge(merge(carried, absolute(settings, cwd)), ours);
}

/** The file that they are written to lies elsewhere. */
function absolute(settings: Tree, cwd: string): Tree {
  const paths = pathFields.flatMap((field) => {
    const path = settings[field];
    // A command without a slash is looked up in PATH.
    return typeof path === "string" && (field !== "python" || path.includes("/")) ? [[field, resolve(cwd, path)]] : [];
  });
  return { ...settings, ...Object.fromEntries(paths) };
}

const defined = (tree: Tree): Tree =>
  Object.fromEntries(Object.entries(tree).filter(([, value]) => value !== undefined));

function merge(under: Tree, over: Tree): Tree {
  const merged: Tree = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = under[key];
    merged[key] = isTree(below) && isTree(value) ? merge(below, value) : value;
  }
  return merged;
}

const isTree = (value: unknown): value is Tree => typeof value === "object" && value !== null && !Array.isArray(value);
