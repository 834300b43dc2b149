/** The Kafka sink: one topic for each stream, one partition for each key, and every event once for as long as this process lives. */
import type { SettingsOf } from "../../core/sink-settings.ts";
import { eventNames, type StreamName, streamOf } from "../catalogue.ts";
import { connectKafka } from "../clients/kafka.ts";
import { isRefusal } from "../clients/kafka-error.ts";
import { createFilter } from "../filter.ts";
import type { Sink } from "../sink.ts";
import type { SinkContext } from "./context.ts";
import { createKafkaWriter } from "./kafka-writer.ts";

export function createKafkaSink(settings: SettingsOf<"kafka">, { node }: Pick<SinkContext, "node">): Sink {
  const name = settings.name ?? settings.kind;
  const isWanted = createFilter(settings.types);
  const streams = new Set(eventNames.filter(isWanted).map(streamOf));
  const topics = [...streams].map((stream) => topicOf(settings.topic_prefix, stream));
  const writer = createKafkaWriter((event) => topicOf(settings.topic_prefix, event.stream));

  return {
    name,
    remembersMs: 0,
    async open(signal) {
      const connection = await connectKafka({
        brokers: settings.brokers,
        clientId: `humhelix-${node}`,
        tls: settings.tls,
        sasl: settings.sasl,
        timeoutMs: settings.timeout_s * 1000,
        signal,
      });
      const giveUp = () => void connection.close();
      signal.addEventListener("abort", giveUp);
      try {
        await connection.partitionsOf(topics);
        await writer.identify(connection);
      } catch (error) {
        await connection.close();
        throw error;
      } finally {
        signal.removeEventListener("abort", giveUp);
      }
      return {
        deliver: (batch) => writer.write(connection, batch),
        closed: connection.closed,
        close: connection.close,
      };
    },
    isRefusal,
  };
}

const topicOf = (prefix: string, stream: StreamName) => `${prefix}.${stream}.v1`;
