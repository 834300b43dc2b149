/** What is known of a model in memory, as GET /v1/models/loaded and the command line show it. */
import type { ModelEntry } from "./model.ts";
import type { SlotState } from "./readiness.ts";

/** Where a model is asked to run; `auto` leaves it to the engine. */
export interface Placement {
  device: "auto" | "cpu" | "cuda";
  compute_type: string;
}

export interface LoadedModel extends Placement {
  model: string;
  state: SlotState;
  /** Stays although it is idle: the default model, and those of models.preload. */
  pinned: boolean;
  /** Jobs that wait for it or run on it. */
  in_use: number;
  /** Null while it is in use. */
  idle_s: number | null;
  /** Null where it is in use or stays. */
  expires_in_s: number | null;
  /** Of all its processes in RAM, as they last told; 0 until they are ready. */
  memory_bytes: number;
  slots: string[];
}

/** What brings models into memory and out of it. */
export interface Residence {
  /** Resolves when the model can work; rejects with the HumError of why it cannot. */
  load(model: ModelEntry, placement?: Partial<Placement>): Promise<"loaded" | "reloaded" | "already_loaded">;
  /** A model in use is unloaded when its last job has ended. */
  unload(model: ModelEntry): Promise<"unloaded" | "unloading" | "not_loaded">;
  loaded(): LoadedModel[];
}
