/** How a person calls this program, and names its files, from the directory where they stand. */
import { isAbsolute, join, relative } from "node:path";
import { checkoutRoot } from "./checkout.ts";

/** The command to advise. Outside the checkout npx would look for a package of our name in a registry. */
export function invocation(cwd = process.cwd()): string {
  if (pathFrom(checkoutRoot, cwd) !== cwd) return "npx hum-helix";
  return shellWord(join(checkoutRoot, "control", "bin", "hum-helix"));
}

/** Relative where it lies below `cwd`. */
export function pathFrom(cwd: string, path: string): string {
  const near = relative(cwd, path);
  return near.startsWith("..") || isAbsolute(near) ? path : near;
}

export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
