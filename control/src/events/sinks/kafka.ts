/** The Kafka sink: one topic for each stream, one partition for each key, and every event once for as long as this process lives. */
import type { SettingsOf } from "../../core/sink-settings.ts";
import { eventNames, type StreamName, streamOf } from "../catalogue.ts";
import { connectKafka } from "../clients/kafka.ts";
import type { KafkaError } from "../clients/kafka-error.ts";
import { createFilter } from "../filter.ts";
import type { Sink } from "../sink.ts";
import type { SinkContext } from "./context.ts";
import { createKafkaWriter } from "./kafka-writer.ts";

/** The cluster answered, and will answer the same until someone changes its rights or our settings. */
const refusals = new Set([
  "SASL_AUTHENTICATION_FAILED",
  "UNSUPPORTED_SASL_MECHANISM",
  "ILLEGAL_SASL_STATE",
  "SECURITY_DISABLED",
  "TOPIC_AUTHORIZATION_FAILED",
  "CLUSTER_AUTHORIZATION_FAILED",
  "TRANSACTIONAL_ID_AUTHORIZATION_FAILED",
  "POLICY_VIOLATION",
  "INVALID_TOPIC_EXCEPTION",
  "UNSUPPORTED_VERSION",
  "PLT_KFK_UNSUPPORTED_API",
  // TLS where the other side has none, or the reverse, and certificates that are not trusted.
  "PLT_KFK_USER",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "CERT_HAS_EXPIRED",
  "ERR_TLS_CERT_ALTNAME_INVALID",
]);

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
    isRefusal: (error) => "code" in error && refusals.has((error as KafkaError).code),
  };
}

const topicOf = (prefix: string, stream: StreamName) => `${prefix}.${stream}.v1`;
