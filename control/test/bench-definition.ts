/** Definitions of the tests of benchmarks: one SUT on one short silence, and what a test wants beside that. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { z } from "zod";
import { type Definition, definitionSchema, definitionVersion } from "../src/bench/definition/schema.ts";

type Written = Partial<z.input<typeof definitionSchema>>;

const usual = {
  schema: definitionVersion,
  name: "example",
  workloads: [{ kind: "generated", name: "test", sound: "silence", duration_s: 1 }],
  suts: [{ kind: "hum-helix" }],
} as const;

export function makeDefinition(over: Written = {}): Definition {
  return definitionSchema.parse({ ...usual, ...over });
}

/** Its path; YAML holds all of JSON. */
export function writeDefinition(directory: string, over: Written = {}): string {
  const file = join(directory, `${over.name ?? usual.name}.yaml`);
  writeFileSync(file, JSON.stringify({ ...usual, workloads: [...usual.workloads], ...over }, null, 2));
  return file;
}
