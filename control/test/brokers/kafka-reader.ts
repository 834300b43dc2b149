/** What a topic of a Kafka broker holds, and how far a group has come in it. */
import { randomUUID } from "node:crypto";
import { Admin, Consumer, ListOffsetTimestamps } from "@platformatic/kafka";

export interface KafkaRecord {
  topic: string;
  partition: number;
  offset: bigint;
  key: string;
  value: string;
  headers: Record<string, string>;
}

/** All of it, partition by partition, each in its order. Of topics that exist; `address` needs no password. */
export async function readTopics(address: string, topics: readonly string[]): Promise<KafkaRecord[]> {
  const text = (bytes?: Buffer) => bytes?.toString() ?? "";
  const consumer = new Consumer({
    clientId: "reader",
    groupId: randomUUID(),
    bootstrapBrokers: [address],
    deserializers: { key: text, value: text, headerKey: text, headerValue: text },
  });
  try {
    const ends = await consumer.listOffsets({ topics: [...topics], timestamp: ListOffsetTimestamps.LATEST });
    const size = [...ends.values()].flat().reduce((sum, offset) => sum + Number(offset), 0);
    const records: KafkaRecord[] = [];
    if (size === 0) return records;
    const stream = await consumer.consume({
      topics: [...topics],
      mode: "earliest",
      autocommit: false,
      maxWaitTime: 50,
    });
    for await (const { topic, partition, offset, key, value, headers } of stream) {
      records.push({ topic, partition, offset, key, value, headers: Object.fromEntries(headers) });
      if (records.length === size) break;
    }
    return records;
  } finally {
    // A broker that was frozen may coordinate groups anew, and know nothing of this one: nobody else was in it.
    await consumer.close(true).catch(() => undefined);
  }
}

/** How many messages of a topic are not committed by the group of the same name. */
export async function lagOf(address: string, topic: string): Promise<number> {
  const admin = new Admin({ clientId: "lag", bootstrapBrokers: [address] });
  try {
    const { topics } = await admin.metadata({ topics: [topic] });
    const count = topics.get(topic)?.partitionsCount ?? 0;
    const latest = Array.from({ length: count }, (_, partitionIndex) => ({
      partitionIndex,
      timestamp: ListOffsetTimestamps.LATEST,
    }));
    const [ends] = await admin.listOffsets({ topics: [{ name: topic, partitions: latest }] });
    const [group] = await admin.listConsumerGroupOffsets({ groups: [{ groupId: topic, topics: [] }] });
    const committed = group?.topics.find(({ name }) => name === topic)?.partitions ?? [];
    return (ends?.partitions ?? []).reduce((lag, { partitionIndex, offset }) => {
      const done = committed.find((partition) => partition.partitionIndex === partitionIndex)?.committedOffset ?? 0n;
      return lag + Number(offset - (done < 0n ? 0n : done));
    }, 0);
  } finally {
    await admin.close();
  }
}
