/** Whether an installed model still is what it was, byte for byte. */
import { join } from "node:path";
import { expectedFiles, readMarker } from "../core/installed.ts";
import type { PulledSource } from "../core/model-source.ts";
import { toError } from "../core/to-error.ts";
import { differenceOf, hashFile } from "./hash.ts";

/** Names the files that are not what they were when they were installed; empty for a sound model. Reads every byte. */
export async function verifyModel(source: PulledSource, directory: string): Promise<string[]> {
  const problems: string[] = [];
  for (const [name, expected] of Object.entries(expectedFiles(source, readMarker(directory)))) {
    const problem = await hashFile(join(directory, name)).then(
      (found) => differenceOf(found, expected),
      (error: unknown) => `cannot be read: ${toError(error).message}`,
    );
    if (problem !== undefined) problems.push(`${name} ${problem}`);
  }
  return problems;
}
