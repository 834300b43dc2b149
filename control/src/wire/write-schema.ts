/** Writes proto/messages.schema.json from the zod schemas: the first half of `npm run proto:write`. */
import { writeFileSync } from "node:fs";
import { exportSchema } from "./schema.ts";

const file = new URL("../../../proto/messages.schema.json", import.meta.url);
writeFileSync(file, `${JSON.stringify(exportSchema(), null, 2)}\n`);
