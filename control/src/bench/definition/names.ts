/** The definitions that can be run by name: the YAML files of a directory. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { ConfigError } from "../../core/config-error.ts";
import { HumError } from "../../core/errors.ts";
import { nearest } from "../../core/nearest.ts";
import { quote } from "../../core/quote.ts";
import { toError } from "../../core/to-error.ts";

const suffix = ".yaml";

/** None where there is no such directory; nothing in a folder below it. Throws ConfigError where it cannot be read. */
export function definitionNames(directory: string): string[] {
  return filesIn(directory)
    .filter((file) => !file.isDirectory() && file.name.endsWith(suffix) && !file.name.startsWith("."))
    .map(({ name }) => name.slice(0, -suffix.length))
    .toSorted((a, b) => a.localeCompare(b));
}

function filesIn(directory: string) {
  if (!existsSync(directory)) return [];
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    throw new ConfigError([{ place: directory, message: `cannot be listed: ${toError(error).message}` }]);
  }
}

/** The path of the one with this name: what was asked for is looked up, and no path is made of it. Throws HumError `not_found` where there is none. */
export function definitionFile(name: string, directory: string): string {
  const known = definitionNames(directory);
  if (known.includes(name)) return join(directory, `${name}${suffix}`);
  const meant = nearest(name, known);
  const hint = meant === undefined ? `there are: ${known.join(", ") || "none"}` : `did you mean ${meant}?`;
  throw new HumError("not_found", `there is no benchmark definition ${quote(name)}; ${hint}`, {
    param: "definition",
  });
}
