/** Loads the configuration: built-in defaults, over them the user's file (HUM_CONFIG), over that the environment. */
import { isAbsolute, resolve } from "node:path";
import { checkoutRoot } from "./checkout.ts";
import { type Config, configSchema, environmentFields, pathFields } from "./config.ts";
import { ConfigError, type ConfigProblem } from "./config-error.ts";
import { fieldAt, problemsOf } from "./config-problem.ts";
import { expandReferences } from "./environment-references.ts";
import { listPaths } from "./listed.ts";
import { type Path, readYaml } from "./yaml.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

interface Tree {
  [key: string]: unknown;
}

/** One source of values; later layers win. */
interface Layer {
  value: Tree;
  /** What relative paths in it are relative to. */
  directory: string;
  placeOf(path: Path): string;
}

const defaultsFile = "configs/default.yaml";

/** Throws ConfigError that tells every problem with its place. `cwd` is what HUM_* paths are relative to. */
export function loadConfig(options: { env: Environment; cwd?: string }): Config {
  const cwd = options.cwd ?? process.cwd();
  const home = options.env.HOME;
  const layers = [fileLayer(resolve(checkoutRoot, defaultsFile), { name: defaultsFile, directory: checkoutRoot })];
  const userFile = setting(options.env, "HUM_CONFIG");
  if (userFile !== undefined) {
    const file = resolve(cwd, userFile);
    layers.push(fileLayer(file, { name: userFile, directory: resolve(file, "..") }));
  }
  layers.push(environmentLayer(options.env, cwd));
  const problems: ConfigProblem[] = [];
  for (const layer of layers) {
    expandLists(layer, { env: options.env, problems });
    resolvePaths(layer, home);
  }
  let merged: Tree = {};
  for (const layer of layers) {
    for (const path of flattened(merged, layer.value)) {
      const message = `${path.join(".")} must be a section with fields of its own`;
      problems.push({ place: layer.placeOf(path), message });
    }
    merged = merge(merged, layer.value);
  }
  const parsed = configSchema.safeParse(merged, { reportInput: true });
  if (parsed.success && problems.length === 0) return parsed.data;
  for (const issue of parsed.error?.issues ?? []) {
    for (const { path, message } of problemsOf(issue)) problems.push({ place: placeOf(layers, path), message });
  }
  throw new ConfigError(problems);
}

function fileLayer(file: string, options: { name: string; directory: string }): Layer {
  const yaml = readYaml(file, options.name);
  const value = yaml.value ?? {};
  if (!isTree(value)) {
    throw new ConfigError([
      { place: `${options.name}:1`, message: "must be a mapping of fields, such as model: base" },
    ]);
  }
  return { value, directory: options.directory, placeOf: (path) => `${options.name}:${yaml.lineOf(path)}` };
}

/** An empty variable counts as not set, so that `HUM_MODEL= hum-helix serve` means the default. */
function setting(env: Environment, name: string): string | undefined {
  return env[name] === "" ? undefined : env[name];
}

function environmentLayer(env: Environment, directory: string): Layer {
  const value: Tree = {};
  for (const [name, field] of Object.entries(environmentFields)) {
    const text = setting(env, name);
    if (text !== undefined) setAt(value, field.split("."), readAs(fieldAt(field.split("."))?.kind, text));
  }
  const names = new Map(Object.entries(environmentFields).map(([name, field]) => [field as string, name]));
  return { value, directory, placeOf: (path) => names.get(path.join(".")) ?? path.join(".") };
}

/** Text that does not read as what the field wants stays text, so that the schema can say what it wants. */
function readAs(kind: string | undefined, text: string): unknown {
  if (kind === "number" && text.trim() !== "" && Number.isFinite(Number(text))) return Number(text);
  if (kind === "array") return text.split(",").map((item) => item.trim());
  if (kind === "boolean" && /^(1|true|yes|on)$/i.test(text)) return true;
  if (kind === "boolean" && /^(0|false|no|off)$/i.test(text)) return false;
  return text;
}

/** Sinks and sources have passwords: they may stand in the environment, and the file says which variable. */
function expandLists(layer: Layer, context: { env: Environment; problems: ConfigProblem[] }): void {
  for (const [section, field] of listPaths) {
    const tree = layer.value[section];
    if (!isTree(tree) || !(field in tree)) continue;
    tree[field] = expandReferences(tree[field], {
      env: context.env,
      path: [section, field],
      onMissing(path, name) {
        const message = `${path.join(".")} names the environment variable ${name}, which is not set`;
        context.problems.push({ place: layer.placeOf(path), message });
      },
    });
  }
}

function resolvePaths(layer: Layer, home: string | undefined): void {
  const absolute = (path: string) => {
    const expanded = home !== undefined && path.startsWith("~/") ? resolve(home, path.slice(2)) : path;
    return isAbsolute(expanded) ? expanded : resolve(layer.directory, expanded);
  };
  for (const field of pathFields) {
    const path = layer.value[field];
    if (typeof path !== "string" || path === "") continue;
    // A command without a slash is looked up in PATH.
    if (field === "python" && !path.includes("/")) continue;
    layer.value[field] = absolute(path);
  }
  const { events, commands, benchmarks } = layer.value;
  for (const field of isTree(benchmarks) ? ["definitions_dir", "results_dir"] : []) {
    const path = (benchmarks as Tree)[field];
    if (typeof path === "string" && path !== "") (benchmarks as Tree)[field] = absolute(path);
  }
  if (isTree(commands) && Array.isArray(commands.roots)) {
    commands.roots = commands.roots.map((root) => (typeof root === "string" && root !== "" ? absolute(root) : root));
  }
  for (const sink of isTree(events) && Array.isArray(events.sinks) ? events.sinks : []) {
    if (isTree(sink) && typeof sink.path === "string" && sink.path !== "") sink.path = absolute(sink.path);
  }
}

function placeOf(layers: readonly Layer[], path: Path): string {
  const source = layers.findLast((layer) => has(layer.value, path)) ?? layers[0];
  return source === undefined ? path.join(".") : source.placeOf(path);
}

function has(value: unknown, path: Path): boolean {
  const [key, ...rest] = path;
  if (key === undefined) return value !== undefined;
  if (Array.isArray(value)) return has(value[Number(key)], rest);
  return isTree(value) && has(value[String(key)], rest);
}

function setAt(tree: Tree, [key, ...rest]: readonly string[], value: unknown): void {
  if (key === undefined) return;
  if (rest.length === 0) {
    tree[key] = value;
    return;
  }
  const child = tree[key] ?? {};
  tree[key] = child;
  if (isTree(child)) setAt(child, rest, value);
}

/** A section whose fields are all commented out reads as null: it changes nothing. Nor does what is no section. */
function merge(under: Tree, over: Tree): Tree {
  const merged: Tree = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = under[key];
    if (!isTree(below)) merged[key] = value;
    else if (isTree(value)) merged[key] = merge(below, value);
  }
  return merged;
}

/** Where `over` has a plain value in the place of a section. */
function flattened(under: Tree, over: Tree, path: Path = []): Path[] {
  return Object.entries(over).flatMap(([key, value]) => {
    const below = under[key];
    if (!isTree(below) || value === null) return [];
    return isTree(value) ? flattened(below, value, [...path, key]) : [[...path, key]];
  });
}

function isTree(value: unknown): value is Tree {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
