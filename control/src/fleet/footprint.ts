/** How much memory a model's engine process will take, before it was ever started. */
import { statSync } from "node:fs";
import { join } from "node:path";
import type { ModelEntry } from "../core/model.ts";

/** Python, CTranslate2 and the other libraries, and what a few requests at once need. */
const processBytes = 200 * 1024 * 1024;

/** Weights are published with 16 bits; int8 takes half of that, and conversion while loading takes it for a moment. */
export function estimateFootprint(model: Pick<ModelEntry, "path">): number {
  const weights = model.path === "" ? undefined : statSync(join(model.path, "model.bin"), { throwIfNoEntry: false });
  return processBytes + (weights?.size ?? 0);
}
