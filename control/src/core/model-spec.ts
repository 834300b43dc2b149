/** The catalogue file (configs/models.yaml): its schema, and each model in it with where its weights come from. */
import { dirname, resolve } from "node:path";
import { z } from "zod";
import { ConfigError, type ConfigProblem } from "./config-error.ts";
import { type ModelSource, sourceKinds, sourceSchemas } from "./model-source.ts";
import { readYaml } from "./yaml.ts";

// Names become paths: no part of one may be "." or "..".
const modelName = z
  .string()
  .regex(/^[A-Za-z0-9][\w.-]*(\/[A-Za-z0-9][\w.-]*)?$/, "must be letters, digits, '.', '_', '-' and at most one '/'");

const modelSchema = z
  .strictObject({
    aliases: z.array(modelName),
    /** Which engine of the sidecar reads it; whether there is one, only the sidecar knows. */
    engine: z
      .string()
      .regex(/^[a-z][a-z0-9-]*$/, "must be the name of an engine, such as faster-whisper")
      .refine((name) => name !== "fake", "must not be fake: fake models need no catalogue"),
    languages: z.union([z.literal("all"), z.array(z.string().regex(/^[a-z]{2,3}$/)).min(1)]),
    translates: z.boolean(),
    /** `text` is a file, put beside the weights as LICENSE. */
    licence: z.strictObject({ name: z.string().min(1), text: z.string().min(1).optional() }).optional(),
    packages: sourceSchemas.packages.optional(),
    hub: sourceSchemas.hub.optional(),
    wheel: sourceSchemas.wheel.optional(),
    directory: sourceSchemas.directory.optional(),
  })
  .refine((model) => sourceKinds.filter((kind) => model[kind] !== undefined).length === 1, {
    message: `must have exactly one source: one of ${sourceKinds.join(", ")}`,
    // A problem elsewhere does not hide this one.
    when: ({ value }) => typeof value === "object" && value !== null,
  });

const catalogueSchema = z.strictObject({ models: z.record(modelName, modelSchema) });

/** One model of the catalogue; paths in it are absolute. */
export interface ModelSpec {
  name: string;
  aliases: string[];
  engine: string;
  languages: "all" | string[];
  translates: boolean;
  licence: { name: string; text?: string | undefined } | undefined;
  source: ModelSource;
}

/** Throws ConfigError with every problem and its line. */
export function readModelSpecs(file: string): ModelSpec[] {
  const yaml = readYaml(file);
  const parsed = catalogueSchema.safeParse(yaml.value);
  const place = (path: readonly PropertyKey[]) => `${file}:${yaml.lineOf(path)}`;
  if (!parsed.success) {
    throw new ConfigError(
      parsed.error.issues.map((issue) => ({
        place: place(issue.path),
        message: `${issue.path.join(".")}: ${demandOf(issue)}`,
      })),
    );
  }
  const specs = Object.entries(parsed.data.models).map(([name, model]) => specOf(name, { model, file }));
  const problems = [...sharedNames(specs), ...unlistedWheels(specs)];
  if (problems.length > 0) {
    throw new ConfigError(
      problems.map(({ path, message }) => ({ place: place(path), message }) satisfies ConfigProblem),
    );
  }
  return specs;
}

/** Of a name, what names must be: zod says only that this is none. */
function demandOf(issue: z.core.$ZodIssue): string {
  return issue.code === "invalid_key" ? issue.issues.map(({ message }) => message).join(", ") : issue.message;
}

function specOf(name: string, options: { model: z.infer<typeof modelSchema>; file: string }): ModelSpec {
  const { aliases, engine, languages, translates, licence, ...sources } = options.model;
  const absolute = (path: string) => resolve(dirname(options.file), path);
  return {
    name,
    aliases,
    engine,
    languages,
    translates,
    licence: licence?.text === undefined ? licence : { ...licence, text: absolute(licence.text) },
    source: sourceOf(sources, absolute),
  };
}

type Sources = Pick<z.infer<typeof modelSchema>, (typeof sourceKinds)[number]>;

/** The schema holds that there is exactly one. */
function sourceOf({ packages, hub, wheel, directory }: Sources, absolute: (path: string) => string): ModelSource {
  if (packages !== undefined) return { kind: "packages", ...packages };
  if (hub !== undefined) return { kind: "hub", ...hub };
  if (wheel !== undefined) return { kind: "wheel", ...wheel };
  return { kind: "directory", path: absolute(directory ?? "") };
}

interface PathProblem {
  path: readonly PropertyKey[];
  message: string;
}

function sharedNames(specs: readonly ModelSpec[]): PathProblem[] {
  const owners = new Map(specs.map(({ name }) => [name, name]));
  const problems: PathProblem[] = [];
  for (const { name, aliases } of specs) {
    for (const [index, alias] of aliases.entries()) {
      const owner = owners.get(alias);
      owners.set(alias, name);
      if (owner === undefined) continue;
      const message = `alias ${alias} of ${name} is already a name or alias of ${owner}`;
      problems.push({ path: ["models", name, "aliases", index], message });
    }
  }
  return problems;
}

function unlistedWheels(specs: readonly ModelSpec[]): PathProblem[] {
  return specs.flatMap(({ name, source }) => {
    if (source.kind !== "packages") return [];
    return Object.entries(source.files).flatMap(([file, { from }]) =>
      from
        .filter((part) => !source.wheels.some((listed) => listed.name === part.package))
        .map((part) => ({
          path: ["models", name, "packages", "files", file],
          message: `${file} comes from package ${part.package}, which the wheels of ${name} do not list`,
        })),
    );
  });
}
