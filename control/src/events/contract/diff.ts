/** What differs between two JSON Schemas, and to whom it matters: pure, and harsh where it does not understand. */
import type { JsonSchema } from "./contract.ts";

/**
 * `wider`: values are allowed that were not. `narrower`: values are refused that were not. `changed`: both, or nobody can
 * tell. `added`: a field, or a value of a list that may grow, which whoever does not know it ignores.
 */
export type Effect = "wider" | "narrower" | "changed" | "added";

export interface Change {
  /** Of the place in the schema, such as `data.words[].start`. */
  path: string;
  what: string;
  effect: Effect;
}

type Part = JsonSchema | boolean | undefined;

/** What says nothing of which values are allowed. */
const annotations = new Set([
  "$schema",
  "$id",
  "title",
  "description",
  "examples",
  "default",
  "deprecated",
  "$comment",
]);

/** Whether more of it allows more, or less. */
const bounds: Readonly<Record<string, "upper" | "lower">> = {
  maximum: "upper",
  exclusiveMaximum: "upper",
  maxLength: "upper",
  maxItems: "upper",
  maxProperties: "upper",
  minimum: "lower",
  exclusiveMinimum: "lower",
  minLength: "lower",
  minItems: "lower",
  minProperties: "lower",
};

/** Those that have a rule of their own below. */
const understood = new Set([
  ...annotations,
  ...Object.keys(bounds),
  ...["type", "enum", "const", "x-extensible-enum", "properties", "required", "additionalProperties", "items", "anyOf"],
]);

export function diffSchema(before: Part, after: Part, path = ""): Change[] {
  if (equal(before, after)) return [];
  const [old, now] = [asSchema(before), asSchema(after)];
  if (old === false || now === false) {
    if (old === now) return [];
    return [
      { path, what: now === false ? "is refused now" : "is allowed now", effect: now === false ? "narrower" : "wider" },
    ];
  }
  const [oldChoices, nowChoices] = [choicesOf(old), choicesOf(now)];
  if (oldChoices.length !== 1 || nowChoices.length !== 1) return diffChoices(oldChoices, nowChoices, path);
  const [was = {}, is = {}] = [oldChoices[0], nowChoices[0]];
  return [diffType, diffValues, diffBounds, diffProperties, diffItems, diffRest].flatMap((diff) => diff(was, is, path));
}

/** `true`, `{}` and absence allow everything; `false` allows nothing. */
const asSchema = (part: Part): JsonSchema | false =>
  part === false ? false : part === true || part === undefined ? {} : part;

/** A schema with several types, or with `anyOf`, as one schema for each: `["string", "null"]` is two choices. */
function choicesOf(schema: JsonSchema): JsonSchema[] {
  const { anyOf, ...rest } = schema;
  if (anyOf !== undefined) {
    return anyOf.flatMap((choice) => {
      const alone = asSchema(choice);
      return alone === false ? [] : choicesOf({ ...withoutAnnotations(rest), ...alone });
    });
  }
  if (!Array.isArray(schema.type)) return [schema];
  return (schema.type as string[]).map((type) => (type === "null" ? { type } : { ...schema, type }) as JsonSchema);
}

const withoutAnnotations = (schema: JsonSchema): JsonSchema =>
  Object.fromEntries(Object.entries(schema).filter(([key]) => !annotations.has(key)));

/** Equal choices first, then those of the same type, and what is left over was taken away or is new. */
function diffChoices(before: readonly JsonSchema[], after: readonly JsonSchema[], path: string): Change[] {
  const left = [...after];
  const take = (matches: (candidate: JsonSchema) => boolean) => {
    const index = left.findIndex(matches);
    return index < 0 ? null : (left.splice(index, 1)[0] ?? null);
  };
  const unequal = before.filter((old) => take((now) => diffSchema(old, now).length === 0) === null);
  const changes = unequal.flatMap((old): Change[] => {
    const now = take((candidate) => candidate.type === old.type);
    if (now === null) return [{ path, what: `may not be ${nameOf(old)} any more`, effect: "narrower" }];
    return diffSchema(old, now, path);
  });
  return [...changes, ...left.map((now): Change => ({ path, what: `may be ${nameOf(now)} now`, effect: "wider" }))];
}

const nameOf = (schema: JsonSchema) => schema.type ?? "anything";

function diffType(old: JsonSchema, now: JsonSchema, path: string): Change[] {
  if (old.type === now.type) return [];
  const what = `was ${nameOf(old)} and is ${nameOf(now)}`;
  if (old.type === undefined || (old.type === "number" && now.type === "integer"))
    return [{ path, what, effect: "narrower" }];
  if (now.type === undefined || (old.type === "integer" && now.type === "number"))
    return [{ path, what, effect: "wider" }];
  return [{ path, what, effect: "changed" }];
}

function diffValues(old: JsonSchema, now: JsonSchema, path: string): Change[] {
  const changes: Change[] = [];
  const [oldValues, nowValues] = [valuesOf(old), valuesOf(now)];
  if (oldValues === null && nowValues !== null)
    changes.push({ path, what: "has a list of values now", effect: "narrower" });
  if (oldValues !== null && nowValues === null)
    changes.push({ path, what: "has no list of values any more", effect: "wider" });
  const both = oldValues !== null && nowValues !== null;
  for (const value of both ? without(nowValues, oldValues) : []) {
    changes.push({ path, what: `may be ${value} now`, effect: "wider" });
  }
  for (const value of both ? without(oldValues, nowValues) : []) {
    changes.push({ path, what: `may not be ${value} any more`, effect: "narrower" });
  }
  const [oldKnown, nowKnown] = [growingOf(old), growingOf(now)];
  for (const value of without(nowKnown, oldKnown)) changes.push({ path, what: `may be ${value} now`, effect: "added" });
  for (const value of without(oldKnown, nowKnown)) {
    changes.push({ path, what: `is never ${value} any more`, effect: "narrower" });
  }
  return changes;
}

const valuesOf = ({ enum: list, const: only }: JsonSchema): string[] | null =>
  (list ?? (only === undefined ? null : [only]))?.map((value) => JSON.stringify(value)) ?? null;

const growingOf = (schema: JsonSchema): string[] =>
  ((schema["x-extensible-enum"] ?? []) as unknown[]).map((value) => JSON.stringify(value));

const without = (from: readonly string[], these: readonly string[]) => from.filter((value) => !these.includes(value));

function diffBounds(old: JsonSchema, now: JsonSchema, path: string): Change[] {
  return Object.entries(bounds).flatMap(([keyword, kind]): Change[] => {
    const none = kind === "upper" ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY;
    const [was, is] = [(old[keyword] as number | undefined) ?? none, (now[keyword] as number | undefined) ?? none];
    if (was === is) return [];
    const effect = (kind === "upper") === is > was ? "wider" : "narrower";
    return [{ path, what: `${keyword} was ${was} and is ${is}`, effect }];
  });
}

function diffProperties(old: JsonSchema, now: JsonSchema, path: string): Change[] {
  const [oldOnes, nowOnes] = [old.properties ?? {}, now.properties ?? {}];
  const [mustOld, mustNow] = [old.required ?? [], now.required ?? []];
  const names = [...new Set([...Object.keys(oldOnes), ...Object.keys(nowOnes), ...mustOld, ...mustNow])];
  const inside = (name: string) => (path === "" ? name : `${path}.${name}`);
  const changes = names.flatMap((name): Change[] => {
    const at = inside(name);
    const [was, is] = [oldOnes[name], nowOnes[name]];
    const [required, requires] = [mustOld.includes(name), mustNow.includes(name)];
    if (was === undefined && is !== undefined) {
      return [
        { path: at, what: requires ? "is new, and required" : "is new", effect: requires ? "narrower" : "added" },
      ];
    }
    if (was !== undefined && is === undefined) return [{ path: at, what: "is gone", effect: "changed" }];
    const presence: Change[] = [];
    if (required && !requires) presence.push({ path: at, what: "is not required any more", effect: "wider" });
    if (!required && requires) presence.push({ path: at, what: "is required now", effect: "narrower" });
    return [...presence, ...diffSchema(was, is, at)];
  });
  return [...changes, ...diffSchema(old.additionalProperties, now.additionalProperties, inside("*"))];
}

function diffItems(old: JsonSchema, now: JsonSchema, path: string): Change[] {
  const at = `${path}[]`;
  if (Array.isArray(old.items) || Array.isArray(now.items)) {
    return equal(old.items, now.items) ? [] : [{ path: at, what: "has other items", effect: "changed" }];
  }
  return diffSchema(old.items, now.items, at);
}

/** Of keywords that are not understood, only that they came, went or differ. */
function diffRest(old: JsonSchema, now: JsonSchema, path: string): Change[] {
  const keywords = [...new Set([...Object.keys(old), ...Object.keys(now)])].filter((key) => !understood.has(key));
  return keywords.flatMap((keyword): Change[] => {
    const [was, is] = [old[keyword], now[keyword]];
    if (equal(was, is)) return [];
    return [{ path, what: `${keyword} was ${JSON.stringify(was)} and is ${JSON.stringify(is)}`, effect: "changed" }];
  });
}

/** Of JSON; the order of fields does not matter to a schema, and that of lists is told apart above. */
function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const [ofA, ofB] = [a as Record<string, unknown>, b as Record<string, unknown>];
  const keys = Object.keys(ofA);
  return keys.length === Object.keys(ofB).length && keys.every((key) => key in ofB && equal(ofA[key], ofB[key]));
}
