/** What one kind of sink brings along, so that the suite which every sink passes can be run against its real bus. */
import type { Sink } from "../../src/events/sink.ts";

export interface Subject {
  kind: string;
  /** Whether the bus, or its consumers, never see an event twice, although a reply to its first delivery was lost. */
  idempotent: boolean;
  /** Null where there is nothing that could be away, such as for a file: the tests that break the broker are left out. */
  broker: { restartMs: number; canFreeze: boolean } | null;
  /**
   * The length of an event's JSON that the bus of `open` can never take, while it takes one of 5,000; null where every
   * event fits. At most 50,000: the envelope shortens what is longer, so that the broker's limit has to be set below that.
   */
  unfitBytes: number | null;
  /** Makes a place for one test; `dir` is empty, and removed afterwards. Starts no broker. */
  open(dir: string): Promise<Bench>;
}

/** One test's bus. The addresses are fixed from the beginning, so that a sink may be made before a broker is there. */
export interface Bench {
  /** Resolves when the broker takes connections. Called at the start and after every kill: the same port, the same data. */
  startBroker(): Promise<void>;
  /** SIGKILL, or what comes next to it: every connection is cut. Resolves when nothing listens any more. */
  killBroker(): Promise<void>;
  /** SIGSTOP, until it answers nothing any more, and SIGCONT; only where the subject says that its broker can freeze. */
  freezeBroker?(): void | Promise<void>;
  thawBroker?(): void;
  /** Short timeouts, please: a second or so. Called anew for each life of the node, always with the same settings. */
  createSink(): Sink;
  /** All that a consumer of the bus has had since the beginning of the test, in its order; only asked while it is up. */
  received(): Promise<Received[]>;
  /** Ends the broker and all consumers. */
  close(): Promise<void>;
}

export interface Received {
  /** The CloudEvent, exactly as it arrived. */
  json: string;
  /** What the bus kept apart from the JSON to order by; null where it keeps nothing. */
  partitionKey: string | null;
}
