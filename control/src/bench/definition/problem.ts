/** Words for what a schema refuses in a file: the field, its value, and what would be right there. */
import { isDeepStrictEqual } from "node:util";
import type { z } from "zod";
import { allowed } from "../../core/issue-words.ts";
import { nearest } from "../../core/nearest.ts";
import type { Path } from "../../core/yaml.ts";
import { constantsOf, isOpenUnion, objectOf, optionsOf, schemaAt } from "./schema-at.ts";

export interface Problem {
  path: Path;
  message: string;
}

interface Context {
  schema: z.ZodType;
  /** Of the value in its file. */
  path: Path;
  /** What else it could have been, where the schema is an option of a union. */
  siblings?: readonly z.ZodObject[];
}

/** Every problem that `value` has by this schema; none where it is valid. */
export function problemsIn(value: unknown, context: Context): Problem[] {
  const { schema, path } = context;
  const issues = schema.safeParse(value, { reportInput: true }).error?.issues ?? [];
  const unions: Path[] = [];
  const plain = issues.filter((issue) => {
    const union = openUnionOn(issue.path, { schema, value });
    if (union === undefined) return true;
    if (!unions.some((known) => isDeepStrictEqual(known, union))) unions.push(union);
    return false;
  });
  const inUnions = unions.flatMap((union) => {
    const found = schemaAt(schema, { value, path: union });
    if (found === undefined) return [];
    const siblings = optionsOf(found.schema);
    const option = likeliest(found.value, siblings);
    return problemsIn(found.value, { schema: option, path: [...path, ...union], siblings });
  });
  return [...plain.flatMap((issue) => wordsOf(issue, { ...context, value })), ...inUnions];
}

/** zod tells of such a union what its first options dislike, whatever was meant: it is judged here anew. */
function openUnionOn(path: Path, root: { schema: z.ZodType; value: unknown }): Path | undefined {
  const length = Array.from({ length: path.length + 1 }, (_, size) => size).find((size) => {
    const found = schemaAt(root.schema, { value: root.value, path: path.slice(0, size) });
    return found !== undefined && isOpenUnion(found.schema);
  });
  return length === undefined ? undefined : path.slice(0, length);
}

/** A constant that differs tells most against an option, then a field that it does not know. */
function likeliest(value: unknown, options: readonly z.ZodObject[]): z.ZodObject {
  const costs = options.map((option) => {
    const issues = option.safeParse(value, { reportInput: true }).error?.issues ?? [];
    const each = issues.map((issue) => {
      if (issue.code === "invalid_value" && issue.input !== undefined) return 100;
      return issue.code === "unrecognized_keys" ? 10 * issue.keys.length : 1;
    });
    return each.reduce((sum, cost) => sum + cost, 0);
  });
  return options[costs.indexOf(Math.min(...costs))] as z.ZodObject;
}

function wordsOf(issue: z.core.$ZodIssue, context: Context & { value: unknown }): Problem[] {
  const path = [...context.path, ...issue.path];
  const found = schemaAt(context.schema, { value: context.value, path: issue.path });
  if (issue.code === "unrecognized_keys") {
    const object = found === undefined ? undefined : objectOf(found.schema, found.value);
    const known = Object.keys(object?.shape ?? {});
    const options = issue.path.length === 0 ? (context.siblings ?? []) : optionsOf(found?.schema);
    return issue.keys.map((key) => {
      const field = [...path, key];
      return { path: field, message: `${field.join(".")} ${unknownField(key, { known, options, path })}` };
    });
  }
  if (issue.code === "invalid_union" && issue.discriminator !== undefined) {
    const kind = (issue.input as Record<string, unknown> | undefined)?.[issue.discriminator];
    return [{ path, message: wrongChoice(kind, { path, known: "options" in issue ? (issue.options ?? []) : [] }) }];
  }
  // zod leaves out the input of what is missing, and of some that is not: it is then looked up.
  const value = issue.input ?? found?.value;
  if (issue.code === "invalid_value") return [{ path, message: wrongChoice(value, { path, known: issue.values }) }];
  return [
    {
      path,
      message: wrong(value, { path, demand: `${allowed(issue)}${found?.nullable === true ? ", or null" : ""}` }),
    },
  ];
}

function wrongChoice(value: unknown, { path, known }: { path: Path; known: readonly unknown[] }): string {
  const words = known.map(String);
  const near = typeof value === "string" && words.length > 1 ? nearest(value, words) : undefined;
  if (words.length === 1) return wrong(value, { path, demand: words.join() });
  // Of many the nearest says enough.
  if (near !== undefined && words.length > 12) return `${wrong(value, { path })}; did you mean ${near}?`;
  const message = wrong(value, { path, demand: `one of ${words.join(", ")}` });
  return near === undefined ? message : `${message}; did you mean ${near}?`;
}

function wrong(value: unknown, { path, demand }: { path: Path; demand?: string }): string {
  const name = path.length === 0 ? "the file" : path.join(".");
  const said = `${name} is ${value === undefined ? "missing" : shown(value)}`;
  return demand === undefined ? `${said}, which is not known here` : `${said}; it must be ${demand}`;
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

/** Where another option of the union has the field, what it goes with is the best hint. */
function unknownField(
  key: string,
  { known, options, path }: { known: readonly string[]; options: readonly z.ZodObject[]; path: Path },
): string {
  const marks = options
    .filter((option) => key in option.shape)
    .flatMap((option) =>
      Object.entries(option.shape).flatMap(([name, schema]) => constantsOf(schema).map((value) => `${name} ${value}`)),
    );
  if (marks.length > 0) return `goes only with ${marks.join(", ")}; known here: ${known.join(", ")}`;
  const near = nearest(key, known);
  if (near !== undefined) return `is no field; did you mean ${[...path, near].join(".")}?`;
  return `is no field; known here: ${known.join(", ")}`;
}

/** For a name that nothing has. */
export function unknownName(
  path: Path,
  { name, names, what }: { name: string; names: readonly string[]; what: string },
): Problem {
  const near = nearest(name, names);
  const hint = near === undefined ? `there are ${names.join(", ")}` : `did you mean ${near}?`;
  return { path, message: `${path.join(".")} is ${name}, which is no ${what}; ${hint}` };
}
