/** The earlier run that a definition names as its baseline. */
import { dirname, resolve } from "node:path";
import type { RunRecord } from "../results/record.ts";

/** Path of the result file; null where the definition names none, or nobody knows where the definition lay. */
export function earlierRunOf({ definition, provenance }: Pick<RunRecord, "definition" | "provenance">): string | null {
  const { baseline } = definition;
  if (baseline === undefined || !("run" in baseline) || provenance.definition_file === null) return null;
  return resolve(dirname(provenance.definition_file), baseline.run);
}
