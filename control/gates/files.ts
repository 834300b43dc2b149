/** The files of the checkout as the gates see it: everything but what .gitignore names. */
import { readdirSync, readFileSync } from "node:fs";
import { join, matchesGlob } from "node:path";

/** Works without git, so that an unpacked archive can be checked too; .gitignore holds names and `*` only, no paths. */
export function sourceFiles(): string[] {
  const ignored = readFileSync(".gitignore", "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.replace(/\/$/, ""));
  return filesUnder("", [".git", ...ignored]);
}

function filesUnder(folder: string, ignored: readonly string[]): string[] {
  return readdirSync(folder || ".", { withFileTypes: true })
    .filter((entry) => !ignored.some((pattern) => matchesGlob(entry.name, pattern)))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return filesUnder(path, ignored);
      return entry.isFile() ? [path] : [];
    });
}
