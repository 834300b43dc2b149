/** A run config as the form fields of a foreign server, as far as its definition says that it takes them. */
import { isDeepStrictEqual } from "node:util";
import type { JobOptions } from "../../core/options.ts";
import type { RunConfig, RunParameter } from "../definition/run-config.ts";
import type { SutOf } from "../definition/sut.ts";
import type { Told } from "./hum-helix-fields.ts";
import type { FormField } from "./multipart.ts";
import { written } from "./written.ts";

/** What a server does with a request that does not speak of it, by OpenAI's API: this can be had of every server. */
const usual: RunConfig = {
  task: "transcribe",
  language: null,
  initial_prompt: null,
  prefix: null,
  hotwords: null,
  word_timestamps: false,
  clip_timestamps: [],
  device: "auto",
  compute_type: "auto",
  workers: 0,
  threads_per_worker: 0,
  max_batch: 0,
};

/** OpenAI's names; every other parameter has its own. */
const names: Partial<Record<RunParameter, string>> = { initial_prompt: "prompt", temperatures: "temperature" };

export function openAiFields(config: RunConfig, definition: SutOf<"openai-http">): Told {
  const told: Told = { fields: [], task: "transcribe", untold: [] };
  for (const [name, value] of Object.entries(config) as [RunParameter, RunConfig[RunParameter]][]) {
    const { fixed, supports } = definition;
    if (name in fixed ? isDeepStrictEqual(value, fixed[name]) : isDeepStrictEqual(value, usual[name])) continue;
    if (name === "task" && supports.includes(name)) {
      told.task = value as JobOptions["task"];
      continue;
    }
    const fields = supports.includes(name) ? fieldsOf(name, value, definition) : null;
    if (fields === null) told.untold.push(name);
    else told.fields.push(...fields);
  }
  return told;
}

/** Null where it cannot be said. */
function fieldsOf(
  name: RunParameter,
  value: RunConfig[RunParameter],
  { models }: SutOf<"openai-http">,
): FormField[] | null {
  if (name === "model") return [["model", models[String(value)] ?? String(value)]];
  // Only what is asked for is answered.
  if (name === "word_timestamps") {
    return ["word", "segment"].map((granularity) => ["timestamp_granularities[]", granularity]);
  }
  // One field, one number.
  if (name === "temperatures" && (value as JobOptions["temperatures"]).length > 1) return null;
  const text = value === null ? null : written(value);
  return text === null ? null : [[names[name] ?? name, text]];
}
