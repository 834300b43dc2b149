/** The files of the checkout as the gates see it: everything but what .gitignore names. */
import { globSync, readFileSync } from "node:fs";

/** Works without git, so that a source archive can be checked too; .gitignore holds plain names and `*.suffix/` only. */
export function sourceFiles(): string[] {
  const ignored = readFileSync(".gitignore", "utf8")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => line.replace(/\/$/, ""));
  const exclude = [".git", ...ignored].flatMap((name) => [`**/${name}`, `**/${name}/**`]);
  return globSync("**", { exclude, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => `${entry.parentPath}/${entry.name}`)
    .sort();
}
