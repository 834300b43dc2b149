/** A model as OpenAI's API shows it. */
import type { ModelEntry } from "../core/model.ts";

export interface ModelObject {
  /** The name or alias that requests may use. */
  id: string;
  object: "model";
  created: number;
  owned_by: string;
  /** The model behind an alias; equal to `id` for a canonical name. */
  root: string;
}

/** Weights have no date of their own here: 0 is the same answer on every start. */
export const modelObject = (id: string, model: ModelEntry): ModelObject => ({
  id,
  object: "model",
  created: 0,
  owned_by: "hum-helix",
  root: model.name,
});
