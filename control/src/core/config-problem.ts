/** Words for what the configuration's schema refuses: the field, its value, and what is allowed. */
import { z } from "zod";
import { configSchema, secretFields } from "./config.ts";
import { allowed } from "./issue-words.ts";
import { fieldsOf, kindsOf, listedAt } from "./listed.ts";
import { nearest } from "./nearest.ts";
import type { Path } from "./yaml.ts";

export interface FieldProblem {
  path: Path;
  message: string;
}

export interface Field {
  /** zod's name for what it holds: "number", "string", "boolean", "enum", "object". */
  kind: string;
  nullable: boolean;
  /** Names of the fields in it, where it is a section. */
  fields: string[];
}

/** What the schema knows of the field at `path`; undefined where there is none. */
export function fieldAt(path: Path): Field | undefined {
  let schema: z.core.$ZodType | undefined = configSchema;
  for (const key of path) {
    schema = schema instanceof z.ZodObject ? (schema.shape[String(key)] as z.core.$ZodType | undefined) : undefined;
  }
  if (schema === undefined) return undefined;
  const inner = schema instanceof z.ZodNullable ? schema.unwrap() : schema;
  return {
    kind: inner._zod.def.type,
    nullable: schema instanceof z.ZodNullable,
    fields: inner instanceof z.ZodObject ? Object.keys(inner.shape) : [],
  };
}

export function problemsOf(issue: z.core.$ZodIssue): FieldProblem[] {
  if (issue.code === "unrecognized_keys") {
    const known = knownFields(issue.path, issue.input);
    return issue.keys.map((key) => ({ path: [...issue.path, key], message: unknownField(issue.path, { key, known }) }));
  }
  return [{ path: issue.path, message: isUnknownKind(issue) ? unknownKind(issue) : wrongValue(issue) }];
}

/** The unions in the configuration are those of lists, whose entries their kind tells apart. */
const isUnknownKind = (issue: z.core.$ZodIssue) => issue.code === "invalid_union" && issue.path.at(-1) === "kind";

function unknownKind({ path, input }: z.core.$ZodIssue): string {
  const kind = (input as { kind?: unknown } | undefined)?.kind;
  const listed = listedAt(path);
  const kinds = listed === undefined ? [] : kindsOf(listed);
  return `${path.join(".")} is ${JSON.stringify(kind)}; it must be one of ${kinds.join(", ")}`;
}

function wrongValue(issue: z.core.$ZodIssue): string {
  const name = issue.path.join(".");
  const orNull = fieldAt(issue.path)?.nullable === true ? ", or null" : "";
  const demand = issue.code === "custom" ? issue.message : `must be ${allowed(issue)}${orNull}`;
  if (issue.input === undefined) return `${name} is missing; it ${demand}`;
  if (isSecret(issue.path)) return `${name} ${demand}`;
  return `${name} is ${JSON.stringify(issue.input)}; it ${demand}`;
}

/** Of what a sink or a source can be told only its kind, name and types are sure to hold no secret. */
function isSecret(path: Path): boolean {
  const [, , , field] = path;
  if (listedAt(path) === undefined) return secretFields.includes(path.join("."));
  return field !== undefined && !["kind", "name", "types"].includes(String(field));
}

function knownFields(section: Path, input: unknown): string[] {
  const listed = section.length === 3 ? listedAt(section) : undefined;
  return listed === undefined ? (fieldAt(section)?.fields ?? []) : fieldsOf(listed, input);
}

function unknownField(section: Path, { key, known }: { key: string; known: string[] }): string {
  const name = [...section, key].join(".");
  const meant = nearest(key, known);
  const hint =
    meant === undefined ? `known here: ${known.join(", ")}` : `did you mean ${[...section, meant].join(".")}?`;
  return `${name} is no field; ${hint}`;
}
