/** The wire's vectors and schema from the control plane's side; sidecar/tests/test_messages.py is the other side. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { decodeWith, encodeMessage } from "./codec.ts";
import { fromSidecarSchema, toSidecarSchema } from "./messages.ts";
import { exportSchema } from "./schema.ts";

const proto = new URL("../../../proto/", import.meta.url);

interface Vector {
  name: string;
  value: unknown;
  frame: Buffer;
}

function readVectors(directory: "golden" | "negative"): Vector[] {
  const folder = new URL(`vectors/${directory}/`, proto);
  return readdirSync(folder)
    .filter((file) => file.endsWith(".json"))
    .map((file) => file.replace(".json", ""))
    .map((name) => ({
      name,
      value: JSON.parse(readFileSync(new URL(`${name}.json`, folder), "utf8")),
      frame: readFileSync(new URL(`${name}.msgpack`, folder)),
    }));
}

/** A golden value as its reader must see it: fields of a later minor version are ignored. */
function withoutUnknown(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value, (key, item) => (key === "unknown_field" ? undefined : item)));
}

const typesOf = (union: typeof toSidecarSchema | typeof fromSidecarSchema) =>
  union.options.map((option) => option.shape.type.value);

const golden = readVectors("golden");
const negative = readVectors("negative");
const toSidecarTypes = new Set<unknown>(typesOf(toSidecarSchema));

const typeOf = ({ value }: Vector) => (value as { type: string }).type;

function decode(vector: Vector) {
  return toSidecarTypes.has(typeOf(vector))
    ? decodeWith(toSidecarSchema, vector.frame)
    : decodeWith(fromSidecarSchema, vector.frame);
}

describe("golden vectors", () => {
  test("exist for every message type", () => {
    const types = new Set([...typesOf(toSidecarSchema), ...typesOf(fromSidecarSchema)]);
    expect(new Set(golden.map(typeOf))).toEqual(types);
  });

  test.each(golden)("$name is read as it was meant", (vector) => {
    expect(decode(vector)).toEqual({ ok: true, message: withoutUnknown(vector.value) });
  });

  test.each(golden)("$name is the same after it was written and read again", (vector) => {
    const decoded = decode(vector);
    if (!decoded.ok) throw new Error(decoded.detail);
    expect(decode({ ...vector, frame: encodeMessage(decoded.message) })).toEqual(decoded);
  });
});

describe("negative vectors", () => {
  test("are many enough to mean something", () => {
    expect(negative.length).toBeGreaterThan(40);
  });

  test.each(negative)("$name is refused in both directions", ({ frame }) => {
    expect(decodeWith(toSidecarSchema, frame).ok).toBe(false);
    expect(decodeWith(fromSidecarSchema, frame).ok).toBe(false);
  });
});

test("proto/messages.schema.json is what the schemas export; `npm run proto:write` writes it", () => {
  const committed: unknown = JSON.parse(readFileSync(new URL("messages.schema.json", proto), "utf8"));
  expect(committed).toEqual(exportSchema());
});
