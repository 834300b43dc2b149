/** The seam between the feed and a bus: what every sink promises, and what it tells back. */
import type { SinkStatus } from "../core/readiness.ts";
import type { StreamName } from "./catalogue.ts";

/** One event, fixed: its JSON is what every bus carries, the rest is what a bus routes, orders and dedupes by. */
export interface SealedEvent {
  stream: StreamName;
  /** `<noun>.<verb>`: the last part of a channel, subject or topic. */
  name: string;
  id: string;
  type: string;
  source: string;
  sequence: number;
  partitionKey: string;
  json: string;
}

/** What a sink tells while it works; the feed turns it into metrics and a new epoch. */
export interface SinkReport {
  /** `duplicate`: the bus had it already, since the reply to its first delivery was lost. */
  count(result: "stored" | "duplicate" | "dropped", events: number): void;
  held(events: number): void;
  /** The bus has forgotten events of this source that it had acknowledged: it was flushed, or lost its last moments. */
  forgot(source: string): void;
}

/** Delivers at least once and in the order of `deliver`, each event of a source once where the bus allows it. */
export interface Sink {
  readonly name: string;
  start(report: SinkReport): void;
  /** Never throws and never waits: events are held, boundedly, while the bus is away. */
  deliver(event: SealedEvent): void;
  health(): SinkStatus;
  /** Gives what is held `drainMs` to arrive, then lets go of it and of the bus. */
  stop(drainMs: number): Promise<void>;
}
