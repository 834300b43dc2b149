/** What a connection to Kafka, and a place in one of its consumer groups, is to those who use it. */
import type { KafkaError } from "./kafka-error.ts";
import type { Outcome, RecordBatch } from "./kafka-produce.ts";

export interface KafkaOptions {
  /** `host:port` of one broker or more, to find the others by. */
  brokers: readonly string[];
  clientId: string;
  tls: boolean;
  sasl?: { mechanism: "PLAIN" | "SCRAM-SHA-256" | "SCRAM-SHA-512"; username: string; password: string } | undefined;
  /** For a connection, and for the reply to each request. */
  timeoutMs: number;
  /** Gives up an attempt to connect; has no effect afterwards. */
  signal?: AbortSignal;
}

/** A writer whose batches a broker counts, so that it stores each once. */
export interface ProducerId {
  readonly id: bigint;
  readonly epoch: number;
}

export interface KafkaConnection {
  /** Another one where a new cluster answers at an old address. */
  readonly clusterId: string;
  /** How many partitions each topic has; makes what is missing. Rejects where that may not be. */
  partitionsOf(topics: readonly string[]): Promise<ReadonlyMap<string, number>>;
  createProducerId(): Promise<ProducerId>;
  /** At most one batch for each partition; tells of each, in their order. Never rejects. */
  produce(batches: readonly RecordBatch[], producer: ProducerId): Promise<Outcome[]>;
  /** Settles with the reason once the cluster cannot be asked any more, never rejects. */
  readonly closed: Promise<KafkaError>;
  close(): Promise<void>;
}

export interface KafkaGroupOptions extends KafkaOptions {
  /** It has to exist. */
  topic: string;
  groupId: string;
  /** A member that is not heard of for so long is taken for dead. */
  sessionTimeoutMs: number;
  /** Where a group begins that is new; `earliest` where nothing is said. */
  begin?: "earliest" | "latest";
}

/** One member of a consumer group. */
export interface KafkaMember {
  /** What is not committed comes again after a rebalance. Throws a KafkaError where it ends by itself. */
  readonly messages: AsyncIterable<GroupMessage>;
  /** Partitions that are this member's now. */
  assigned(): readonly number[];
  /** Called after each rebalance. */
  onAssigned(listener: () => void): void;
  commit(offsets: readonly { partition: number; offset: bigint }[]): Promise<void>;
  /** Settles with the reason once it is out of the group by itself, never rejects. */
  readonly closed: Promise<KafkaError>;
  /** Never rejects, and never waits for longer than a second. */
  leave(): Promise<void>;
}

export interface GroupMessage {
  /** Null where the sender gave none. */
  key: string | null;
  value: string;
  headers: Readonly<Record<string, string>>;
  partition: number;
  offset: bigint;
  /** When it was sent, or taken by the broker, in milliseconds since the epoch. */
  sentMs: number;
}
