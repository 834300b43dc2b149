/** All that a topic of a Kafka broker holds, partition by partition, each in its order. */
import { randomUUID } from "node:crypto";
import { Consumer, ListOffsetTimestamps } from "@platformatic/kafka";

export interface KafkaRecord {
  topic: string;
  partition: number;
  offset: bigint;
  key: string;
  value: string;
  headers: Record<string, string>;
}

/** Of topics that exist; `address` needs no password. */
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
