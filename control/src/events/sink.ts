/** The seam between a pump and a bus: what every sink promises, and what it tells back. */
import type { StreamName } from "./catalogue.ts";
import type { RetryPace } from "./retry.ts";

/** One event, fixed: its JSON is what every bus carries, the rest is what a bus routes, orders and dedupes by. */
export interface SealedEvent {
  stream: StreamName;
  /** `<noun>.<verb>`: the last part of a channel, subject or topic. */
  name: string;
  id: string;
  type: string;
  source: string;
  /** Contiguous within its source, from 1; 0 for an ephemeral event. */
  sequence: number;
  partitionKey: string;
  json: string;
}

/** An event on its way to one sink. */
export interface Outgoing extends SealedEvent {
  /** Place in the spool: rises from event to event, over all sources. */
  position: number;
  /**
   * The sequence of the event of the same source that this sink was given before it: less than `sequence - 1` where its
   * filter, or the spool's bound, left some out. 0 where there is none, or none that the bus can still know.
   */
  predecessor: number;
  /**
   * Set where somebody asked for it again, or where the bus has another event under its number: it is sent whatever the
   * bus has, and in no order with the others.
   */
  isReplay?: true;
}

/** How far a batch came. The events after the first `delivered` are offered again, in the same order. */
export interface Delivery {
  /** How many of the batch, from its beginning, the bus has now. */
  delivered: number;
  /** How many of these it had before: the reply to their first delivery was lost. */
  duplicates: number;
  /** Why the rest did not follow; null where there is no rest. */
  stopped: Stop | null;
}

export type Stop =
  /** The connection is of no more use, or the bus refused: a new connection is tried after a while. */
  | { kind: "failed"; error: Error }
  /** The bus lost an event that it had acknowledged: what it has is asked anew. */
  | { kind: "gap" }
  /** The bus will never take the next event, whatever happens, such as one too large for it: it is left out, and told. */
  | { kind: "unfit"; reason: string }
  /** The receiver wants no more, ever: the sink is out of use until the next start. */
  | { kind: "gone"; reason: string };

/** One connection to a bus; a new one is opened after every failure, and nothing of the old one is used again. */
export interface SinkConnection {
  /**
   * The last sequence that the bus has of each source, and no entry where it has none; absent where a bus cannot tell.
   * Asked after every `open` and after a gap.
   */
  recall?(sources: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /**
   * Hands over a batch, in order, and resolves when the bus has acknowledged it or has not. Called again only after it
   * has settled. Rejecting is the same as `stopped: failed` with nothing delivered.
   */
  deliver(batch: readonly Outgoing[]): Promise<Delivery>;
  /** An ephemeral event: sent at once where that is possible, lost otherwise. Absent where the bus has nothing like it. */
  announce?(event: SealedEvent): void;
  /** Settles with the reason once the connection has gone by itself; never rejects. */
  readonly closed: Promise<Error>;
  /** Lets go of the bus; never rejects, and never waits for longer than a second. */
  close(): Promise<void>;
}

export interface Sink {
  /** As configured; unique, and the name of its cursor. */
  readonly name: string;
  /** How long the bus remembers the last sequence of a source that fell silent; 0 where it has no `recall`. */
  readonly remembersMs: number;
  /** When to try again after a failure, where the usual pace does not fit. */
  readonly pace?: RetryPace;
  /** Connects; rejects with the root cause where that fails. `signal` gives up the attempt. */
  open(signal: AbortSignal): Promise<SinkConnection>;
  /** Whether `error`, of `open` or of a delivery, is a refusal that trying again soon cannot change. */
  isRefusal(error: Error): boolean;
}
