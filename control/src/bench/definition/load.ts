/** Reads a benchmark definition: a file in, a definition that can be run out, or every problem with its line. */
import { dirname, resolve } from "node:path";
import { ConfigError } from "../../core/config-error.ts";
import { expandReferences } from "../../core/environment-references.ts";
import { type Path, readYaml } from "../../core/yaml.ts";
import { checkDefinition, type Sections } from "./check.ts";
import { convertList, isList } from "./legacy-list.ts";
import { type Problem, problemsIn } from "./problem.ts";
import { type Definition, definitionSchema } from "./schema.ts";

type Environment = Readonly<Record<string, string | undefined>>;

export interface LoadedDefinition {
  /**
   * Holds no secret, so that results may keep it: `${NAME}` is expanded everywhere in a SUT but in its settings, for
   * which `expandSettings` does it when the server is started.
   */
  definition: Definition;
  /** Of the file, absolute: paths in the definition are relative to it. */
  directory: string;
  /** What of an old list has no place in a definition. */
  notes: string[];
}

/**
 * Throws ConfigError that tells every problem as `file:line: ...`. `env` is what `${NAME}` is taken from; `metrics` are
 * the names that a gate may hold to a bound.
 */
export function loadDefinition(
  file: string,
  { env, metrics }: { env: Environment; metrics: readonly string[] },
): LoadedDefinition {
  const yaml = readYaml(file);
  const directory = dirname(resolve(file));
  const fail = (problems: readonly Problem[]) => {
    const placed = problems.map(({ path, message }) => ({ line: yaml.lineOf(path), message }));
    const inOrder = placed.toSorted((a, b) => a.line - b.line);
    return new ConfigError(inOrder.map(({ line, message }) => ({ place: `${file}:${line}`, message })));
  };
  const value = yaml.value;
  if (!isMapping(value)) {
    throw fail([
      { path: [], message: "the file must be a mapping of fields, such as schema, name, workloads and suts" },
    ]);
  }
  if (isList(value)) {
    const converted = convertList(value, { name: file });
    if (!converted.ok) throw fail(converted.problems);
    return { definition: converted.definition, directory, notes: converted.notes };
  }
  const { expanded, missing } = expandSuts(value, env);
  const isMissing = (path: Path) => missing.some((other) => other.path.join() === path.join());
  const refused = [
    ...problemsIn(expanded, { schema: definitionSchema, path: [] }),
    ...checkDefinition(sectionsOf(expanded), { metrics }),
  ].filter(({ path }) => !isMissing(path));
  if (refused.length + missing.length > 0) throw fail([...refused, ...missing]);
  return { definition: definitionSchema.parse(expanded), directory, notes: [] };
}

/** The settings of a SUT as its server is to have them. What is not set was told when the definition was loaded. */
export function expandSettings(settings: Readonly<Record<string, unknown>>, env: Environment): Record<string, unknown> {
  return expandReferences(settings, { env, path: [], onMissing: () => {} }) as Record<string, unknown>;
}

type Mapping = Record<string, unknown>;

const isMapping = (value: unknown): value is Mapping =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function expandSuts(value: Mapping, env: Environment): { expanded: Mapping; missing: Problem[] } {
  const missing: Problem[] = [];
  if (!Array.isArray(value.suts)) return { expanded: value, missing };
  const expanded = expandReferences(value.suts, {
    env,
    path: ["suts"],
    onMissing(path, name) {
      missing.push({ path, message: `${path.join(".")} names the environment variable ${name}, which is not set` });
    },
  }) as unknown[];
  const suts = (value.suts as unknown[]).map((sut, index) => {
    const whole = expanded[index];
    return isMapping(sut) && isMapping(whole) && "settings" in sut ? { ...whole, settings: sut.settings } : whole;
  });
  return { expanded: { ...value, suts }, missing };
}

/** Each section by itself, so that a problem in one hides none in another. */
function sectionsOf(value: Mapping): Sections {
  const valid = Object.entries(definitionSchema.shape).flatMap(([name, schema]) => {
    const parsed = schema.safeParse(value[name]);
    return parsed.success ? [[name, parsed.data]] : [];
  });
  return Object.fromEntries(valid) as Sections;
}
