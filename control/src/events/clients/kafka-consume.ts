/** Messages of one topic for one member of a consumer group: each comes again, to whoever is there, until it is acknowledged. */

import { setTimeout as delay } from "node:timers/promises";
import { connectKafka, joinKafkaGroup, partitionOf } from "./kafka.ts";
import { createAcks } from "./kafka-acks.ts";
import type { GroupMessage, KafkaGroupOptions } from "./kafka-connection.ts";
import { type KafkaError, kafkaErrorOf } from "./kafka-error.ts";
import type { KafkaRecord } from "./kafka-produce.ts";

export interface KafkaMessage extends GroupMessage {
  /** It is done, and does not come again, unless the broker or the partition is lost before those in front of it are done. */
  ack(): void;
}

export interface KafkaConsumeOptions extends KafkaGroupOptions {
  /** Messages that are not acknowledged, at most: no more are delivered until one is. */
  maxInFlight: number;
  /** Called in the order of each partition, without waiting for acknowledgements. */
  onMessage(message: KafkaMessage): void;
}

export interface KafkaConsumption {
  /** Settles with the reason once it has ended by itself, never rejects; what is not acknowledged comes again. */
  readonly closed: Promise<KafkaError>;
  /** Delivers no more; acknowledgements still count. */
  pause(): void;
  /** Appends one message to another topic, such as one for dead letters; rejects where that is not certain. */
  append(topic: string, record: KafkaRecord): Promise<void>;
  /** Leaves the group, so that others get at once what is not acknowledged. Never rejects, and never waits for longer than a second. */
  close(): Promise<void>;
}

/** Makes the topic where it is missing. Rejects with the root cause, a KafkaError. */
export async function consumeKafka(options: KafkaConsumeOptions): Promise<KafkaConsumption> {
  const { topic, maxInFlight, onMessage } = options;
  const connection = await connectKafka(options);
  const member = await connection
    .partitionsOf([topic])
    .then(() => joinKafkaGroup(options))
    .catch(async (error) => {
      await connection.close();
      throw error;
    });
  const acks = createAcks();
  const gone = Promise.withResolvers<KafkaError>();
  let isPaused = false;
  let committing: Promise<void> = Promise.resolve();
  let room = Promise.withResolvers<void>();

  const fail = (error: unknown) => gone.resolve(kafkaErrorOf(error));
  void connection.closed.then(fail);
  void member.closed.then(fail);
  member.onAssigned(() => {
    acks.keep(member.assigned());
    room.resolve();
    commit();
  });

  function ack({ partition, offset }: GroupMessage): void {
    acks.done(partition, offset);
    room.resolve();
    commit();
  }

  /** One commit at a time; what becomes due meanwhile shares the next. */
  function commit(): void {
    committing = committing.then(async () => {
      const due = acks.due();
      if (due.length === 0) return;
      await member.commit(due).then(() => acks.committed(due), failUnlessRebalancing);
    });
  }

  /** What could not be committed during a rebalance is due after it. */
  function failUnlessRebalancing(error: KafkaError): void {
    if (!rebalancing.has(error.code)) fail(error);
  }

  async function deliver(): Promise<void> {
    for await (const message of member.messages) {
      while (acks.inFlight() >= maxInFlight && !isPaused) {
        room = Promise.withResolvers<void>();
        await room.promise;
      }
      if (isPaused) return;
      // Read before a rebalance, and someone else's after it.
      if (!member.assigned().includes(message.partition)) continue;
      if (acks.begin(message.partition, message.offset)) onMessage({ ...message, ack: () => ack(message) });
    }
  }
  deliver().catch(fail);

  function pause(): void {
    isPaused = true;
    room.resolve();
  }

  return {
    closed: gone.promise,
    pause,
    async append(to, record) {
      const partitions = await connection.partitionsOf([to]);
      const partition = partitionOf(record.key, partitions.get(to) ?? 1);
      // One producer for each message: they are few, and none can be stored twice by a sequence that went wrong.
      const producer = await connection.createProducerId();
      const batch = { topic: to, partition, firstSequence: 0, records: [record] };
      const [failure] = await connection.produce([batch], producer);
      if (failure !== null) throw failure;
    },
    async close() {
      pause();
      await Promise.race([committing, delay(commitMs)]);
      await Promise.all([member.leave(), connection.close()]);
      fail(new Error("the connection was closed"));
    },
  };
}

/** Answers to a commit that come while partitions change hands. */
const rebalancing = new Set(["REBALANCE_IN_PROGRESS", "ILLEGAL_GENERATION", "UNKNOWN_MEMBER_ID"]);
const commitMs = 300;
