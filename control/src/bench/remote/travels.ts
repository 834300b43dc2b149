/** What of a definition does not travel to an engine elsewhere: the image holds the checkout's configs and nothing else. */
import { isAbsolute, join, relative, resolve } from "node:path";
import { checkoutRoot } from "../../core/checkout.ts";
import type { Definition } from "../definition/schema.ts";
import { readManifest } from "../workloads/manifest.ts";

/** Everything below it is part of the build context. */
const root = join(checkoutRoot, "configs");

/** The path that the definition has in the image; null where it does not travel. */
export function pathInImage(file: string): string | null {
  return isBelow(file) ? relative(checkoutRoot, file) : null;
}

/** One sentence for each path in it that leads out of the image. */
export async function leftBehind(loaded: { definition: Definition; directory: string }): Promise<string[]> {
  const { definition, directory } = loaded;
  const paths: string[] = [];
  for (const workload of definition.workloads) {
    if (workload.kind === "audio") paths.push(workload.audio, ...(workload.text_file ? [workload.text_file] : []));
    if (workload.kind !== "manifest") continue;
    const manifest = resolve(directory, workload.manifest);
    paths.push(workload.manifest, ...(isBelow(manifest) ? [(await readManifest(manifest)).root] : []));
  }
  const { baseline } = definition;
  if (baseline !== undefined && "run" in baseline) paths.push(baseline.run);
  return paths
    .filter((path) => !isBelow(resolve(directory, path)))
    .map((path) => `${path} lies outside of ${root}, and would not be in the image`);
}

function isBelow(path: string): boolean {
  const inside = relative(root, path);
  return inside !== "" && !inside.startsWith("..") && !isAbsolute(inside);
}
