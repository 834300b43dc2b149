/**
 * Appends events to Kafka, each once for as long as this process lives: a batch whose answer was lost is sent again, on
 * whatever connection, as the same batch of the same producer, and the broker tells by its sequence whether it has it.
 */
import { partitionOf } from "../clients/kafka.ts";
import type { KafkaConnection, ProducerId } from "../clients/kafka-connection.ts";
import type { KafkaError } from "../clients/kafka-error.ts";
import type { Delivery, Outgoing, Stop } from "../sink.ts";

export interface KafkaWriter {
  /** Before the first write to each connection; rejects with the cluster's reason. */
  identify(connection: KafkaConnection): Promise<void>;
  /** Never rejects. */
  write(connection: KafkaConnection, batch: readonly Outgoing[]): Promise<Delivery>;
}

/** What was, or is about to be, sent to one partition. */
interface Attempt {
  topic: string;
  partition: number;
  firstSequence: number;
  events: readonly Outgoing[];
}

/** The broker has stored nothing of such a batch, and never will as it is: smaller ones may do. */
const unfit = new Set(["MESSAGE_TOO_LARGE", "RECORD_LIST_TOO_LARGE", "INVALID_RECORD", "INVALID_TIMESTAMP"]);

/** The broker no longer counts our batches as we do. */
const estranged = new Set([
  "OUT_OF_ORDER_SEQUENCE_NUMBER",
  "UNKNOWN_PRODUCER_ID",
  "INVALID_PRODUCER_EPOCH",
  "INVALID_PRODUCER_ID_MAPPING",
  "PRODUCER_FENCED",
]);

/** Of the protocol: sequences begin at 0 again after this many. */
const sequences = 2 ** 31;

const placeOf = ({ topic, partition }: Pick<Attempt, "topic" | "partition">) => `${topic}:${partition}`;

export function createKafkaWriter(topicOf: (event: Outgoing) => string): KafkaWriter {
  let producer: (ProducerId & { clusterId: string }) | null = null;
  /** By place. */
  const nextSequences = new Map<string, number>();
  /** Sent, and not known to be stored or refused; by place. */
  const doubtful = new Map<string, Attempt>();
  /** Positions of events that are stored and not told as delivered: one before them, in another partition, is not. */
  const ahead = new Set<number>();

  function forget(): void {
    producer = null;
    nextSequences.clear();
    doubtful.clear();
  }

  /** Which attempts the broker refuses to store as they are; throws the first failure of another kind. */
  async function send(connection: KafkaConnection, attempts: readonly Attempt[]): Promise<Map<Attempt, KafkaError>> {
    if (producer === null) throw new Error("the connection has no producer id");
    for (const attempt of attempts) doubtful.set(placeOf(attempt), attempt);
    const batches = attempts.map((attempt) => ({ ...attempt, records: attempt.events.map(recordOf) }));
    const outcomes = await connection.produce(batches, producer);
    const refused = new Map<Attempt, KafkaError>();
    let failure: Error | null = null;
    for (const [index, attempt] of attempts.entries()) {
      const error = outcomes[index] ?? null;
      if (error !== null && !unfit.has(error.code)) {
        failure ??= error;
        continue;
      }
      doubtful.delete(placeOf(attempt));
      if (error === null) {
        nextSequences.set(placeOf(attempt), (attempt.firstSequence + attempt.events.length) % sequences);
        for (const { position } of attempt.events) ahead.add(position);
      } else {
        refused.set(attempt, error);
      }
    }
    if (outcomes.some((error) => error !== null && estranged.has(error.code))) forget();
    if (failure !== null) throw failure;
    return refused;
  }

  /** The next events of each partition, up to `most`; none behind an event that is unfit. */
  function plan(batch: readonly Outgoing[], options: PlanOptions): Attempt[] {
    const { partitions, misfits, most } = options;
    const attempts = new Map<string, Attempt & { events: Outgoing[] }>();
    for (const event of batch) {
      if (ahead.has(event.position)) continue;
      const topic = topicOf(event);
      const partition = partitionOf(event.partitionKey, partitions.get(topic) ?? 1);
      const place = placeOf({ topic, partition });
      if (misfits.has(place)) continue;
      const firstSequence = nextSequences.get(place) ?? 0;
      const attempt = attempts.getOrInsertComputed(place, () => ({ topic, partition, firstSequence, events: [] }));
      if (attempt.events.length < most) attempt.events.push(event);
    }
    return [...attempts.values()];
  }

  /** Until all is stored but what is unfit and what comes after it; throws the first failure of another kind. */
  async function append(connection: KafkaConnection, batch: readonly Outgoing[]): Promise<Misfits> {
    const misfits: Misfits = new Map();
    const partitions = await connection.partitionsOf([...new Set(batch.map(topicOf))]);
    // What is refused now was not stored before either, and is planned anew.
    if (doubtful.size > 0) await send(connection, [...doubtful.values()]);
    let most = batch.length;
    for (;;) {
      const attempts = plan(batch, { partitions, misfits, most });
      if (attempts.length === 0) return misfits;
      for (const [attempt, error] of await send(connection, attempts)) {
        const [event, ...others] = attempt.events;
        if (event !== undefined && others.length === 0) misfits.set(placeOf(attempt), { event, error });
        else most = Math.min(most, Math.ceil(attempt.events.length / 2));
      }
    }
  }

  return {
    async identify(connection) {
      if (producer?.clusterId === connection.clusterId) return;
      forget();
      producer = { ...(await connection.createProducerId()), clusterId: connection.clusterId };
    },
    async write(connection, batch) {
      for (const position of ahead) if (position < (batch[0]?.position ?? 0)) ahead.delete(position);
      const before = new Set(ahead);
      const result = await append(connection, batch).catch((error: Error) => error);
      const missing = batch.find(({ position }) => !ahead.has(position));
      const told = missing === undefined ? batch : batch.slice(0, batch.indexOf(missing));
      for (const { position } of told) ahead.delete(position);
      const duplicates = told.filter(({ position }) => before.has(position)).length;
      return { delivered: told.length, duplicates, stopped: missing === undefined ? null : stopAt(missing, result) };
    },
  };
}

/** By place: the event that its topic never takes. */
type Misfits = Map<string, { event: Outgoing; error: KafkaError }>;

interface PlanOptions {
  partitions: ReadonlyMap<string, number>;
  misfits: Misfits;
  most: number;
}

/** Where nothing failed, the first event that is missing is one that is unfit: all before it in its partition are stored. */
function stopAt(missing: Outgoing, result: Error | Misfits): Stop {
  if (result instanceof Error) return { kind: "failed", error: result };
  const misfit = result.values().find(({ event }) => event === missing);
  return { kind: "unfit", reason: misfit?.error.message ?? "the broker refused it" };
}

/** CloudEvents' Kafka binding, structured mode. */
const recordOf = (event: Outgoing) => ({
  key: event.partitionKey,
  value: event.json,
  headers: { "content-type": "application/cloudevents+json" },
});
