import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkoutRoot } from "./checkout.ts";
import { environmentFields, fileOnlyFields } from "./config.ts";
import { fieldAt } from "./config-problem.ts";
import { parseYaml } from "./yaml.ts";

const text = readFileSync(join(checkoutRoot, "configs", "default.yaml"), "utf8");
const { value, lineOf } = parseYaml(text, "default.yaml");
const lines = text.split("\n");

/** What a name's ending promises. */
const units: Readonly<Record<string, string>> = {
  _s: "seconds",
  _bytes: "bytes",
  _bytes_per_s: "bytes per second",
};

/** Every field that holds a value, as the schema has them. */
function leaves(path: readonly string[] = []): string[][] {
  const fields = fieldAt(path)?.fields ?? [];
  return fields.length === 0 ? [[...path]] : fields.flatMap((name) => leaves([...path, name]));
}

/** The comment lines right above a field. */
function commentOf(path: readonly string[]): string {
  const comment: string[] = [];
  for (let index = lineOf(path) - 2; lines[index]?.trim().startsWith("#") === true; index -= 1) {
    comment.unshift((lines[index] ?? "").trim().slice(1).trim());
  }
  return comment.join(" ");
}

function valueAt(path: readonly string[]): unknown {
  return path.reduce<unknown>((node, key) => (node as Record<string, unknown> | undefined)?.[key], value);
}

test("every field that a variable can hold has one, and every variable a field", () => {
  const fields = leaves()
    .map((path) => path.join("."))
    .filter((field) => !fileOnlyFields.includes(field));
  expect(new Set<string>(Object.values(environmentFields))).toEqual(new Set(fields));
  expect(Object.values(environmentFields)).toHaveLength(fields.length);
});

test.each(Object.entries(environmentFields))("%s and its field %s are documented beside the default", (name, field) => {
  const path = field.split(".");
  const comment = commentOf(path);
  expect(valueAt(path)).toBeDefined();
  expect(comment).toContain(`[${name}]`);
  expect(comment.replace(/\[.*\]/, "").trim().length).toBeGreaterThan(10);
  const unit = units[/(_bytes_per)?_(s|bytes)$/.exec(field)?.[0] ?? ""];
  if (unit !== undefined) expect(comment).toContain(`in ${unit}`);
});
