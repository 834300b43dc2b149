/** Commands from Kafka: a topic that nodes read as one consumer group, and each node by a group of its own to hear cancellations. */
import { setTimeout as delay } from "node:timers/promises";
import type { SourceSettingsOf } from "../core/command-settings.ts";
import { consumeKafka, type KafkaConsumption, type KafkaMessage } from "../events/clients/kafka-consume.ts";
import { isRefusal } from "../events/clients/kafka-error.ts";
import type { SourceContext } from "./context.ts";
import { type Ledger, openLedger } from "./ledger.ts";
import type { CommandSource, Delivery, SourceConnection } from "./source.ts";

const takeMs = 1_000;
/** Read and not done with: in memory, and each may bring 1.4 MB. */
const maxRead = 64;
/** What follows is only looked at. */
const maxFollowed = 16;

export function createKafkaSource(settings: SourceSettingsOf<"kafka">, context: SourceContext): CommandSource {
  const { brokers, topic, group, tls, sasl, timeout_s, name = settings.kind } = settings;
  const { dead_letter_topic: deadLetterTopic } = settings;
  const { consumer } = context.ledger;

  async function open(signal: AbortSignal): Promise<SourceConnection> {
    const opened: { close(): Promise<void> }[] = [];
    const keep = <One extends { close(): Promise<void> }>(one: One) => {
      opened.push(one);
      return one;
    };
    const cluster = {
      brokers,
      tls,
      sasl,
      topic,
      clientId: `humhelix-${consumer}`,
      timeoutMs: timeout_s * 1000,
      signal,
    };
    const sessionTimeoutMs = context.claimIdleMs;
    const inbox = createInbox();
    try {
      const ledger = keep(await openLedger({ ...context.ledger, signal }));
      const consumption = keep(
        await consumeKafka({
          ...{ ...cluster, sessionTimeoutMs, groupId: group, maxInFlight: maxRead },
          onMessage: inbox.put,
        }),
      );
      const listeners: ((message: KafkaMessage) => void)[] = [];
      const follower = keep(
        await consumeKafka({
          ...{
            ...cluster,
            sessionTimeoutMs,
            groupId: `${group}.${consumer}`,
            begin: "latest",
            maxInFlight: maxFollowed,
          },
          onMessage(message) {
            for (const listener of listeners) listener(message);
            message.ack();
          },
        }),
      );
      return over({ ledger, consumption, follower, inbox, listeners, name, deadLetterTopic });
    } catch (error) {
      await Promise.all(opened.map((one) => one.close()));
      throw error;
    }
  }

  return { name, open, isRefusal };
}

interface Parts {
  ledger: Ledger;
  consumption: KafkaConsumption;
  follower: KafkaConsumption;
  inbox: Inbox;
  listeners: ((message: KafkaMessage) => void)[];
  name: string;
  deadLetterTopic: string;
}

function over({ ledger, consumption, follower, inbox, listeners, name, deadLetterTopic }: Parts): SourceConnection {
  /** As this connection read them. */
  const read = new Map<string, KafkaMessage>();

  function acknowledge(key: string): void {
    read.get(key)?.ack();
    read.delete(key);
  }

  return {
    async take({ limit }) {
      const messages = await inbox.take(limit);
      return messages.map((message): Delivery => {
        const key = `${message.partition}:${message.offset}`;
        read.set(key, message);
        return { key, text: message.value, sentMs: message.sentMs, deliveries: null };
      });
    },
    follow(listener) {
      listeners.push(({ value, sentMs }) => listener({ text: value, sentMs }));
    },
    begin: async ({ key }, jobId) => ledger.begin(`${name}:${key}`, jobId),
    async hold(held) {
      const lost = await ledger.lost(held.map(({ jobId }) => jobId));
      return held.filter(({ jobId }) => lost.has(jobId)).map(({ key }) => key);
    },
    claimEnd: ({ jobId }) => ledger.claimEnd(jobId),
    async finish(key) {
      acknowledge(key);
    },
    async setAside({ key, text }, reason) {
      const headers = { "hum-reason": reason, "hum-entry": key };
      await consumption.append(deadLetterTopic, { key: read.get(key)?.key ?? key, value: text, headers });
      acknowledge(key);
    },
    // Whoever has the partition next reads it again.
    giveBack: (_, jobId) => ledger.giveBack(jobId),
    find: ledger.find,
    waiting: async () => null,
    closed: Promise.race([ledger.closed, consumption.closed, follower.closed]),
    async close() {
      await Promise.all([consumption.close(), follower.close(), ledger.close()]);
    },
  };
}

interface Inbox {
  put(message: KafkaMessage): void;
  /** Waits a while for the first one. */
  take(limit: number): Promise<KafkaMessage[]>;
}

function createInbox(): Inbox {
  const arrived: KafkaMessage[] = [];
  let arrival = Promise.withResolvers<void>();
  return {
    put(message) {
      arrived.push(message);
      arrival.resolve();
    },
    async take(limit) {
      if (arrived.length === 0) {
        const patience = new AbortController();
        const late = delay(takeMs, undefined, { signal: patience.signal }).catch(() => undefined);
        await Promise.race([arrival.promise, late]);
        patience.abort();
        arrival = Promise.withResolvers();
      }
      return arrived.splice(0, limit);
    },
  };
}
