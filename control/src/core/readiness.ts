/** What health tells: the state of every slot and sink, so that a green answer means that speech can be transcribed. */

export const slotStates = ["starting", "loading", "ready", "backoff", "failed", "stopping", "stopped"] as const;
export type SlotState = (typeof slotStates)[number];

export interface SlotStatus {
  slot: string;
  role: "engine" | "decoder";
  model: string | null;
  state: SlotState;
  pid: number | null;
  restarts: number;
  in_flight: number;
  credit: number;
  /** Why it is not ready, where it is not. */
  reason: string | null;
}

export interface SinkStatus {
  sink: string;
  state: "connected" | "connecting" | "down";
  /** Events accepted and not yet stored by the bus. */
  held: number;
  dropped: number;
  reason: string | null;
}

/** `degraded` still serves requests; `unready` does not. */
export interface Readiness {
  status: "ready" | "degraded" | "unready";
  reasons: string[];
  slots: SlotStatus[];
  sinks: SinkStatus[];
  queued: number;
  in_flight: number;
  /** Null before the first success. */
  last_success_age_s: number | null;
}
