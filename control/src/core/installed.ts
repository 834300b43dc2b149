/** What is on disk of a model: the marker that its installer leaves, checked against the catalogue in microseconds. */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { PulledSource } from "./model-source.ts";
import type { ModelSpec } from "./model-spec.ts";

/** Written last, so that a directory that has it is whole. */
export const markerName = ".installed.json";

const markerSchema = z.object({
  /** The sha256 of every file, as hashed when it was installed. */
  files: z.record(z.string(), z.string()),
  /** The size of every file. */
  bytes: z.record(z.string(), z.number()).optional(),
  /** The hub's commit that the files are of; absent where they came otherwise. */
  revision: z.string().optional(),
});
export type Marker = z.infer<typeof markerSchema>;

/** Where its files lie, or would; empty for a model that comes inside a Python package. */
export function modelPath(spec: Pick<ModelSpec, "name" | "source">, modelDir: string): string {
  switch (spec.source.kind) {
    case "wheel":
      return "";
    case "directory":
      return spec.source.path;
    case "packages":
    case "hub":
      return join(modelDir, spec.name);
  }
}

/**
 * Whether every file of the model is there with its size, and was once verified to be what the catalogue lists now.
 * Bytes that rot later are found by hashing again, as `hum-helix doctor` does.
 */
export function isInstalled(spec: Pick<ModelSpec, "name" | "source">, modelDir: string): boolean {
  const { source } = spec;
  const directory = modelPath(spec, modelDir);
  switch (source.kind) {
    case "wheel":
      return true;
    case "directory":
      return statSync(join(directory, "model.bin"), { throwIfNoEntry: false })?.isFile() === true;
    case "packages":
    case "hub": {
      const marker = readMarker(directory);
      if (marker === undefined) return false;
      if (source.kind === "hub" && marker.revision !== source.revision) return false;
      return Object.entries(expectedFiles(source, marker)).every(([name, { bytes, sha256 }]) => {
        const stat = statSync(join(directory, name), { throwIfNoEntry: false });
        return stat !== undefined && stat.size === bytes && marker.files[name] === sha256;
      });
    }
  }
}

/** What each file must be: as the catalogue lists it, and where it does not, as it was when it was installed. */
export function expectedFiles(
  source: PulledSource,
  marker: Marker | undefined,
): Record<string, { bytes: number; sha256: string }> {
  const listed: Readonly<Record<string, { bytes?: number | undefined; sha256?: string | undefined }>> = source.files;
  return Object.fromEntries(
    Object.entries(listed).map(([name, file]) => [
      name,
      // What neither of them knows equals no file.
      { bytes: file.bytes ?? marker?.bytes?.[name] ?? -1, sha256: file.sha256 ?? marker?.files[name] ?? "" },
    ]),
  );
}

/** Undefined where nothing was ever installed. */
export function readMarker(directory: string): Marker | undefined {
  try {
    const text = readFileSync(join(directory, markerName), "utf8");
    return markerSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** Of all its files together; 0 where there is no such directory. */
export function bytesIn(directory: string): number {
  try {
    const sizes = readdirSync(directory).map(
      (name) => statSync(join(directory, name), { throwIfNoEntry: false })?.size,
    );
    return sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
  } catch {
    return 0;
  }
}
