/** A run config as the form fields of this project's own API, and what no field can say. */
import { isDeepStrictEqual } from "node:util";
import { defaultOptions, type JobOptions } from "../../core/options.ts";
import { engineAxes, type RunConfig, type RunParameter } from "../definition/run-config.ts";
import type { FormField } from "./multipart.ts";
import { written } from "./written.ts";

export interface Told {
  fields: FormField[];
  /** The task is no field but a route. */
  task: JobOptions["task"];
  untold: RunParameter[];
}

/** Engine axes other than the model are none of a request's. */
export function humHelixFields(config: RunConfig): Told {
  const { model, task = "transcribe", ...rest } = config;
  const told: Told = { fields: model === undefined ? [] : [["model", model]], task, untold: [] };
  for (const [name, value] of Object.entries(rest) as [keyof JobOptions, JobOptions[keyof JobOptions]][]) {
    if (engineAxes.includes(name as (typeof engineAxes)[number])) continue;
    const text = written(value);
    // What the API takes for "not given" is told by not giving it.
    if (text === null || value === null) {
      if (isDeepStrictEqual(value, defaultOptions[name])) continue;
      if (value !== null) {
        told.untold.push(name);
        continue;
      }
    }
    told.fields.push([name, text ?? "null"]);
  }
  return told;
}
