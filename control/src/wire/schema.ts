/** The wire's messages as JSON Schema: what proto/messages.schema.json holds and the Python twin is compared with. */
import { z } from "zod";
import { fromSidecarSchema, protocolVersion, toSidecarSchema } from "./messages.ts";

/** As readers see messages: unknown fields are allowed, since a later minor version may add some. */
export function exportSchema(): Record<string, unknown> {
  const { $schema, ...toSidecar } = z.toJSONSchema(toSidecarSchema, { io: "input" });
  const { $schema: _, ...fromSidecar } = z.toJSONSchema(fromSidecarSchema, { io: "input" });
  return {
    $schema,
    title: `hum-helix wire messages ${protocolVersion.major}.${protocolVersion.minor}`,
    $defs: { ToSidecar: toSidecar, FromSidecar: fromSidecar },
  };
}
