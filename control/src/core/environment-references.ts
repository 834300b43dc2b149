/** References to the environment in the values of a file, `${NAME}`: secrets then need not stand in it. */
import type { Path } from "./yaml.ts";

const reference = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/** The value with every reference replaced, and a call of `onMissing` for each whose variable is not set. */
export function expandReferences(
  value: unknown,
  options: {
    env: Readonly<Record<string, string | undefined>>;
    path: Path;
    onMissing: (path: Path, name: string) => void;
  },
): unknown {
  const { env, path, onMissing } = options;
  if (typeof value === "string") {
    return value.replaceAll(reference, (_, name: string) => {
      const set = env[name];
      if (set === undefined) onMissing(path, name);
      return set ?? "";
    });
  }
  const inside = (child: unknown, key: string | number) =>
    expandReferences(child, { ...options, path: [...path, key] });
  if (Array.isArray(value)) return value.map(inside);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, child]) => [key, inside(child, key)]));
}
