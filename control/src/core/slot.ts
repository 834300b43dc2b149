/** What happens to a slot of the fleet: the facts that the event feed and the metrics hear. */
import type { ModelIdentity } from "./transcript.ts";

export interface SlotIdentity {
  name: string;
  role: "engine" | "decoder";
  /** Null for a decoder. */
  model: string | null;
}

/** How a process ended, and why in one sentence. */
export interface Ending {
  pid: number | null;
  reason: string;
  exit_code: number | null;
  signal: string | null;
}

export type SlotEvent =
  | { type: "started"; pid: number | null }
  | {
      type: "ready";
      pid: number | null;
      versions: Record<string, string>;
      load_s: number;
      memory_bytes: number;
      model: ModelIdentity | null;
    }
  /** `in_flight`: ids of the jobs that it took with it. */
  | ({ type: "crashed"; was_ready: boolean; in_flight: string[] } & Ending)
  | { type: "restarting"; pid: number | null; backoff_s: number }
  | ({ type: "quarantined" } & Ending)
  | ({ type: "stopped" } & Ending);

/** Called synchronously and in order. */
export type SlotObserver = (slot: SlotIdentity, event: SlotEvent) => void;
