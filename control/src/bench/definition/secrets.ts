/** Secrets in the settings of a server that the harness starts: results keep the definition, and people share results. */
import type { Path } from "../../core/yaml.ts";
import type { Problem } from "./problem.ts";

const secretNames = /(^|_)(api_?keys?|passwords?|passphrase|secrets?|tokens?|authorization)$/i;

/** Passwords in plain text; a reference to the environment such as `${KEY}` is none. */
export function secretProblems(value: unknown, path: Path): Problem[] {
  if (typeof value === "string") {
    const secret = secretNames.test(String(path.findLast((key) => typeof key === "string"))) || hasPassword(value);
    if (!secret || value === "" || value.includes("${")) return [];
    const message = `${path.join(".")} holds a secret, and results would show it; write \${NAME} and set that variable`;
    return [{ path, message }];
  }
  if (typeof value !== "object" || value === null) return [];
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return entries.flatMap(([key, child]) => secretProblems(child, [...path, key]));
}

const hasPassword = (text: string) => (URL.parse(text)?.password ?? "") !== "";
