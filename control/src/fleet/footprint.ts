/** How much memory a model's engine process will take, before it was ever started. */
import { statSync } from "node:fs";
import { join } from "node:path";
import { bytesIn } from "../core/installed.ts";
import type { ModelEntry } from "../core/model.ts";

/** Python, CTranslate2 and the other libraries, and what a few requests at once need. */
const processBytes = 200 * 1024 * 1024;

/** A model inside a package: nobody says how large it is, and one such that is known takes this with its decoders. */
const packagedBytes = 300 * 1024 * 1024;

/**
 * Weights are published with 16 bits; int8 takes half of that, and the other half is what conversion takes for a moment and
 * a copy that encodes for as long as it lives.
 */
export function estimateFootprint(model: Pick<ModelEntry, "path" | "engine">): number {
  return processBytes + (model.path === "" && model.engine !== "fake" ? packagedBytes : weightBytesOf(model));
}

/** CTranslate2's model.bin, or where an engine has its own files, all of them; 0 for a model inside a Python package. */
export function weightBytesOf({ path }: Pick<ModelEntry, "path">): number {
  if (path === "") return 0;
  return statSync(join(path, "model.bin"), { throwIfNoEntry: false })?.size ?? bytesIn(path);
}
