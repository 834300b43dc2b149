/** Writes configs/bench/schema from the zod schemas: `npm run bench:schema`. */
import { mkdirSync, writeFileSync } from "node:fs";
import { buildSchemas, schemaFile } from "./json-schema.ts";

mkdirSync(new URL(".", schemaFile("definition")), { recursive: true });
for (const [name, schema] of Object.entries(buildSchemas())) {
  writeFileSync(schemaFile(name), `${JSON.stringify(schema, null, 2)}\n`);
}
