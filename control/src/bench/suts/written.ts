/** A parameter of a run config as text of a form field, as this project's API reads it. */
import type { RunConfig } from "../definition/run-config.ts";

/** Null where it cannot be written: an empty field counts as one that was not sent. */
export function written(value: RunConfig[keyof RunConfig]): string | null {
  const text = textOf(value);
  return text === "" ? null : text;
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.join(",");
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value);
}
