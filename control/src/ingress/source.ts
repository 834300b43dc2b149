/** The seam between an intake and a bus: how commands come in, and how nodes agree on which of them carries one out. */

/** A command as a bus gave it to this node. */
export interface Delivery {
  /** Names it on its bus, over all connections. */
  key: string;
  /** Whatever was sent. */
  text: string;
  /** When the bus took it, in milliseconds since the epoch: a cancellation concerns what was sent before it. */
  sentMs: number;
  /** Times that it was given to a node, this one included; null where the bus does not count. */
  deliveries: number | null;
}

/** A command that this node has in work. */
export interface Held {
  key: string;
  jobId: string;
}

/**
 * `elsewhere`: another node has taken it over, and tells its end. `forgotten`: the bus knows nothing of it, so that nobody
 * else can.
 */
export type Whereabouts = "here" | "elsewhere" | "forgotten";

/** One connection to a bus; a new one is opened after every failure. Every function rejects where the bus cannot be asked. */
export interface SourceConnection {
  /**
   * Commands for this node to carry out, at most `limit`: first those that it has not finished, less those that it holds,
   * then those that other nodes left behind, then new ones. None where none came for a while.
   */
  take(options: { limit: number; held: ReadonlySet<string> }): Promise<Delivery[]>;
  /**
   * Calls `listener` with what comes in, whichever node is to carry it out, so that each hears of a cancellation at once.
   * Absent where a bus gives a command to one node only.
   */
  follow?(listener: (heard: Pick<Delivery, "text" | "sentMs">) => void): void;
  /**
   * Whether to begin: `repeated` where the same command has come before under another key, or its end is told already;
   * `busy` where a node has it that was heard of lately: to be asked again.
   * `begun` counts the times that it was begun or given to a node, this one included.
   */
  begin(
    delivery: Delivery,
    jobId: string,
  ): Promise<{ standing: "begin" | "repeated" | "elsewhere" | "busy"; begun: number }>;
  /** A sign of life: keeps them from being taken over. Resolves with the keys of those that were, nevertheless. */
  hold(held: readonly Held[]): Promise<string[]>;
  /** Whether this node may tell its end: from then on no other node does, unless this one stays away for long. */
  claimEnd(held: Held): Promise<boolean>;
  /** It is done with; `isFollowed` where other nodes need to see it too, since they follow. */
  finish(key: string, options: { isFollowed: boolean }): Promise<void>;
  /** It is done with, and kept where a person can look at it. */
  setAside(delivery: Delivery, reason: string): Promise<void>;
  /** Lets another node, or this one's next life, begin it anew; this delivery does not count. */
  giveBack(delivery: Delivery, jobId: string): Promise<void>;
  /** Of jobs that an earlier life of this node had in work. */
  find(jobIds: readonly string[]): Promise<ReadonlyMap<string, Whereabouts>>;
  /** Commands that no node has begun; null where a bus cannot tell. */
  waiting(): Promise<number | null>;
  /** Settles with the reason once the connection has gone, never rejects. */
  readonly closed: Promise<Error>;
  /** Never rejects. */
  close(): Promise<void>;
}

export interface CommandSource {
  /** As configured, and unique. */
  readonly name: string;
  /** Connects; rejects with the root cause where that fails. `signal` gives up the attempt. */
  open(signal: AbortSignal): Promise<SourceConnection>;
  /** Whether `error` is a refusal that trying again soon cannot change. */
  isRefusal(error: Error): boolean;
}
