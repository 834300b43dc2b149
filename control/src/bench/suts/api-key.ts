/** The key of a server, from the environment variable that the definition names: no key stands in a file. */
import { HumError } from "../../core/errors.ts";

/** Null where none is named. Throws HumError `loading` where the variable is not set. */
export function apiKeyOf(
  variable: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
): string | null {
  if (variable === undefined) return null;
  const key = env[variable];
  if (key === undefined || key === "") {
    throw new HumError("loading", `api_key_env names ${variable}, which is not set; set it to the server's key`);
  }
  return key;
}
