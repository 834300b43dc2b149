/** Which batches go to which broker: to that which leads their partition, and again where another one leads by now. */
import { setTimeout as delay } from "node:timers/promises";
import { type KafkaError, kafkaErrorOf, withCode } from "./kafka-error.ts";

/** What goes to one partition, all or nothing. */
export interface RecordBatch {
  topic: string;
  partition: number;
  /** Of the first record; a broker takes a batch after all before it, and once. */
  firstSequence: number;
  records: readonly KafkaRecord[];
}

export interface KafkaRecord {
  key: string;
  value: string;
  headers: Readonly<Record<string, string>>;
}

/** Null where every replica in sync has the batch. */
export type Outcome = KafkaError | null;

export interface Route {
  /** How long to look for the leaders of partitions that are moving. */
  timeoutMs: number;
  /** Tells the broker's id by what is known of the cluster, or by what it says itself. */
  findLeaders(
    topics: readonly string[],
    options: { anew: boolean },
  ): Promise<(batch: RecordBatch) => number | undefined>;
  /** Tells of each batch, in their order. */
  send(leader: number, batches: readonly RecordBatch[]): Promise<Outcome[]>;
}

/** The broker that was asked does not lead the partition: not any more, or, where the topic is new, not yet. */
const astray = new Set(["NOT_LEADER_OR_FOLLOWER", "LEADER_NOT_AVAILABLE", "UNKNOWN_TOPIC_OR_PARTITION"]);
const retryDelayMs = 50;

/** Tells of each batch, in their order; never rejects. */
export async function produceByLeader(batches: readonly RecordBatch[], route: Route): Promise<Outcome[]> {
  const outcomes = new Map<RecordBatch, Outcome>(batches.map((batch) => [batch, withCode("", "it was not sent")]));
  const deadlineMs = performance.now() + route.timeoutMs;
  await sendOnce(batches, { route, anew: false, outcomes });
  const isAstray = (batch: RecordBatch) => astray.has(outcomes.get(batch)?.code ?? "");
  for (let rest = batches.filter(isAstray); rest.length > 0; rest = rest.filter(isAstray)) {
    if (performance.now() > deadlineMs) break;
    await delay(retryDelayMs);
    await sendOnce(rest, { route, anew: true, outcomes });
  }
  return batches.map((batch) => outcomes.get(batch) ?? null);
}

interface Sending {
  route: Route;
  anew: boolean;
  outcomes: Map<RecordBatch, Outcome>;
}

async function sendOnce(batches: readonly RecordBatch[], { route, anew, outcomes }: Sending): Promise<void> {
  const topics = new Set(batches.map(({ topic }) => topic));
  const leaderOf = await route.findLeaders([...topics], { anew }).catch(kafkaErrorOf);
  if (leaderOf instanceof Error) {
    for (const batch of batches) outcomes.set(batch, leaderOf);
    return;
  }
  const byLeader = Map.groupBy(batches, (batch) => leaderOf(batch) ?? -1);
  const sendings = byLeader.entries().map(async ([leader, theirs]) => {
    const answers = await route.send(leader, theirs).catch(kafkaErrorOf);
    for (const [index, batch] of theirs.entries()) {
      outcomes.set(batch, answers instanceof Error ? answers : (answers[index] ?? null));
    }
  });
  await Promise.all(sendings);
}
