/** Definitions and results as JSON Schema: what configs/bench/schema holds for editors. */
import { z } from "zod";
import { resultDocumentSchema, resultVersion } from "../results/record.ts";
import { definitionSchema, definitionVersion } from "./schema.ts";

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** By the name of their files in configs/bench/schema. */
export function buildSchemas(): Record<"definition" | "result", JsonSchema> {
  return {
    // As people write it: what has a default may be missing.
    definition: titled(
      definitionVersion,
      z.toJSONSchema(definitionSchema, {
        io: "input",
        target: "draft-7",
        reused: "ref",
        override: ({ jsonSchema }) => allowReference(jsonSchema),
      }),
    ),
    // Of one document of the stream, as it is written.
    result: titled(
      resultVersion,
      z.toJSONSchema(resultDocumentSchema, { io: "output", target: "draft-7", reused: "ref" }),
    ),
  };
}

/** A URL may be left to the environment, as in `${PEER_URL}`. */
function allowReference(schema: JsonSchema): void {
  if (schema.format !== "uri") return;
  delete schema.format;
  schema.pattern = "^(https?://|\\$\\{\\w+\\})";
}

/** `hum-helix/benchmark-result@1` is `urn:humhelix:schema:benchmark-result:v1`, as the schemas of events are named. */
function titled(version: string, schema: JsonSchema): JsonSchema {
  const { $schema, ...rest } = schema;
  const [name, major] = version.replace("hum-helix/", "").split("@");
  return {
    ...($schema !== undefined && { $schema }),
    $id: `urn:humhelix:schema:${name}:v${major}`,
    title: version,
    ...rest,
  };
}

export const schemaFile = (name: string): URL =>
  new URL(`../../../../configs/bench/schema/${name}.schema.json`, import.meta.url);
