/** What is on disk of a model: the marker that its installer leaves, checked against the catalogue in microseconds. */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { ModelSpec } from "./model-spec.ts";

/** Written last, so that a directory that has it is whole. */
export const markerName = ".installed.json";

/** The sha256 of every file, as verified when it was written. */
const markerSchema = z.object({ files: z.record(z.string(), z.string()) });
export type Marker = z.infer<typeof markerSchema>;

export const modelDirectory = (modelDir: string, name: string) => join(modelDir, name);

export const markerOf = (spec: ModelSpec): Marker => ({
  files: Object.fromEntries(Object.entries(spec.files).map(([name, file]) => [name, file.sha256])),
});

/**
 * Whether every file of the model is there with its size, and was once verified to be what the catalogue lists now.
 * Bytes that rot later are found by hashing again, as `hum-helix doctor` does.
 */
export function isInstalled(spec: ModelSpec, directory: string): boolean {
  const marker = readMarker(directory);
  if (marker === undefined) return false;
  return Object.entries(spec.files).every(([name, file]) => {
    const stat = statSync(join(directory, name), { throwIfNoEntry: false });
    return stat?.size === file.bytes && marker.files[name] === file.sha256;
  });
}

function readMarker(directory: string): Marker | undefined {
  try {
    const text = readFileSync(join(directory, markerName), "utf8");
    return markerSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
