/** Puts a pulled result file beside the others, unless what is there already knows more. */
import { renameSync, statSync } from "node:fs";
import { ConfigError } from "../../core/config-error.ts";
import { hashOf } from "../results/checksum.ts";
import { readResults } from "../results/reader.ts";

export type Settled = { action: "new" | "grown" | "unchanged" } | { action: "kept"; problem: string };

/**
 * `pulled` was held against the host's already. `file` is not complete: it is replaced only by one that begins with its
 * whole documents.
 */
export async function settle(pulled: string, { file, host }: { file: string; host: string }): Promise<Settled> {
  const here = statSync(file, { throwIfNoEntry: false });
  if (here === undefined) {
    renameSync(pulled, file);
    return { action: "new" };
  }
  const bytes = await wholeBytesOf(file);
  const arrived = statSync(pulled).size;
  if (arrived < bytes) return { action: "kept", problem: shorter(host, { theirs: arrived, ours: bytes }) };
  if ((await hashOf(file, bytes)) !== (await hashOf(pulled, bytes))) {
    return { action: "kept", problem: differs(host) };
  }
  renameSync(pulled, file);
  return { action: arrived === here.size ? "unchanged" : "grown" };
}

/** What is torn at the end of a run is cut off when it is taken up. */
async function wholeBytesOf(file: string): Promise<number> {
  try {
    return (await readResults(file)).wholeBytes;
  } catch (error) {
    if (error instanceof ConfigError) return 0;
    throw error;
  }
}

export const differs = (host: string): string =>
  `it differs from the one on ${host}; this one is kept (move it away to have the other)`;

export const shorter = (host: string, { theirs, ours }: { theirs: number; ours: number }): string =>
  `the one on ${host} is shorter (${theirs} bytes, here ${ours}); this one is kept`;
