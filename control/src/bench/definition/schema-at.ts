/** Which part of a schema holds the field at a path of a value, through defaults, lists and unions. */
import { z } from "zod";
import type { Path } from "../../core/yaml.ts";

type Schema = z.core.$ZodType;

export interface Found {
  schema: Schema;
  value: unknown;
  nullable: boolean;
}

/** Undefined where the schema has no such field. Stops at a union whose options nothing tells apart beforehand. */
export function schemaAt(root: Schema, { value, path }: { value: unknown; path: Path }): Found | undefined {
  let found = unwrapped(root, value);
  for (const key of path) {
    const inner = memberOf(found, key);
    if (inner === undefined) return undefined;
    found = unwrapped(inner, (found.value as Record<PropertyKey, unknown> | null | undefined)?.[key]);
  }
  return found;
}

function unwrapped(schema: Schema, value: unknown): Found {
  if (schema instanceof z.ZodNullable) return { ...unwrapped(schema.unwrap(), value), nullable: true };
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault)
    return unwrapped(schema.unwrap(), value);
  return { schema, value, nullable: false };
}

function memberOf({ schema, value }: Found, key: PropertyKey): Schema | undefined {
  if (schema instanceof z.ZodArray) return schema.element;
  if (schema instanceof z.ZodRecord) return schema.valueType;
  return objectOf(schema, value)?.shape[String(key)];
}

/** Fields are known where it is an object, or an option that its kind tells. */
export function objectOf(schema: Schema, value: unknown): z.ZodObject | undefined {
  if (schema instanceof z.ZodObject) return schema;
  if (!(schema instanceof z.ZodDiscriminatedUnion)) return undefined;
  const { discriminator } = schema.def;
  const kind = (value as Record<string, unknown> | null | undefined)?.[discriminator];
  return optionsOf(schema).find((option) => constantsOf(option.shape[discriminator]).includes(kind));
}

export function optionsOf(schema: Schema | undefined): z.ZodObject[] {
  const options: readonly Schema[] = schema instanceof z.ZodUnion ? schema.options : [];
  return options.filter((option) => option instanceof z.ZodObject);
}

/** The values of a literal or an enumeration; none for any other schema. */
export function constantsOf(schema: Schema | undefined): unknown[] {
  if (schema instanceof z.ZodLiteral) return [...schema.values];
  return schema instanceof z.ZodEnum ? schema.options : [];
}

/** A union of sections that nothing tells apart beforehand. */
export const isOpenUnion = (schema: Schema): boolean =>
  schema instanceof z.ZodUnion && !(schema instanceof z.ZodDiscriminatedUnion) && optionsOf(schema).length > 0;
