/** Writes proto/events/asyncapi.json and proto/events/schemas from the zod schemas: a part of `npm run proto:write`. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { buildAsyncApi, buildSchemas } from "./asyncapi.ts";
import { asyncApiFile, readExamples, schemaFolder } from "./files.ts";

const write = (file: URL, value: unknown) => writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`);

write(asyncApiFile, buildAsyncApi(readExamples()));
rmSync(schemaFolder, { recursive: true, force: true });
mkdirSync(schemaFolder);
for (const [name, schema] of Object.entries(buildSchemas())) write(new URL(`${name}.json`, schemaFolder), schema);
