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
  /** In RAM, as it last told; null where nothing is known. */
  memory_bytes: number | null;
  /** Why it is not ready, where it is not. */
  reason: string | null;
}

export interface SinkStatus {
  sink: string;
  /** `ended`: the receiver wants no more, ever. */
  state: "connected" | "connecting" | "down" | "ended";
  /** Whether work is refused once the spool is full of what it has not taken. */
  required: boolean;
  /** Events in the spool that it has not passed yet. */
  held: number;
  /** Of the oldest of them. */
  oldest_age_s: number;
  /** Events that it will never get, since the start. */
  dropped: number;
  /** Events that are on their way again, since somebody asked for it. */
  replaying: number;
  reason: string | null;
}

/** A bus that commands are read from. */
export interface SourceStatus {
  source: string;
  state: "connected" | "connecting" | "down";
  /** Commands that this node has in work. */
  in_work: number;
  /** Commands that no node has begun; null where the bus cannot tell, or was not asked yet. */
  waiting: number | null;
  reason: string | null;
}

/** `degraded` still serves requests; `unready` does not. */
export interface Readiness {
  status: "ready" | "degraded" | "unready";
  reasons: string[];
  slots: SlotStatus[];
  sinks: SinkStatus[];
  commands: SourceStatus[];
  queued: number;
  in_flight: number;
  /** Null before the first success. */
  last_success_age_s: number | null;
}

export interface ReadinessFacts extends Omit<Readiness, "status" | "reasons"> {
  defaultModel: string;
  /** Why no event could be kept now, so that no work is taken; null where all is well. */
  eventTrouble: string | null;
}

/**
 * Whether speech can be transcribed now: every role must have a slot that is ready, the engine's for the default model.
 * A slot or sink that is down beside others that work degrades; so does a default model that was unloaded on purpose,
 * since the next request loads it.
 */
export function judgeReadiness(facts: ReadinessFacts): Readiness {
  const { defaultModel, eventTrouble, ...rest } = facts;
  const isReady = (wanted: (slot: SlotStatus) => boolean) =>
    facts.slots.some((slot) => wanted(slot) && slot.state === "ready");
  const missing: string[] = [];
  const isUnloaded = !facts.slots.some((slot) => slot.model === defaultModel);
  if (!isUnloaded && !isReady((slot) => slot.model === defaultModel))
    missing.push(`no engine for the default model ${defaultModel} is ready`);
  if (!isReady((slot) => slot.role === "decoder")) missing.push("no decoder is ready");
  if (eventTrouble !== null) missing.push(`events cannot be kept: ${eventTrouble}`);
  const impaired = [
    ...(isUnloaded ? [`the default model ${defaultModel} is not loaded; the next request loads it`] : []),
    ...facts.slots
      .filter((slot) => slot.state === "failed" || slot.state === "backoff")
      .map((slot) => `${slot.slot} is in state ${slot.state}: ${slot.reason ?? "no reason known"}`),
    ...facts.sinks
      .filter((sink) => sink.state !== "connected")
      .map((sink) => `events to ${sink.sink} are held (${sink.held}): ${sink.reason ?? sink.state}`),
    ...facts.commands
      .filter((source) => source.state === "down")
      .map((source) => `commands from ${source.source} are not read: ${source.reason ?? source.state}`),
  ];
  const status = missing.length > 0 ? "unready" : impaired.length > 0 ? "degraded" : "ready";
  return { status, reasons: [...missing, ...impaired], ...rest };
}
