/** What went wrong with Kafka, by one name and in one sentence, out of the library's errors within errors. */

/** An error with Kafka's name for it, such as `MESSAGE_TOO_LARGE`, or the system's, such as `ECONNREFUSED`. */
export interface KafkaError extends Error {
  code: string;
}

export const withCode = (code: string, message: string): KafkaError => Object.assign(new Error(message), { code });

/** The root cause. */
export function kafkaErrorOf(thrown: unknown): KafkaError {
  const root = rootOf(thrown);
  if (isUnknownTopic(root)) return withCode("UNKNOWN_TOPIC_OR_PARTITION", root.message);
  if (isAnswer(root)) {
    // The broker's own words are clearer than those of the protocol's description.
    return withCode(root.apiId, `${root.apiId}: ${root.serverErrorMessage ?? root.message}`);
  }
  return withCode("code" in root ? String(root.code) : "", root.message);
}

/** For `catch`. */
export function throwRoot(thrown: unknown): never {
  throw kafkaErrorOf(thrown);
}

export const isUnknownTopic = (error: unknown): boolean =>
  error instanceof Error && error.message.startsWith("Unknown topic ");

/** Of an attempt to connect: the library says no more than that it happened. */
export function explained(error: KafkaError, timeoutMs: number): KafkaError {
  if (error.message === "Request timed out") error.message = `the broker gave no answer within ${timeoutMs} ms`;
  if (error.message === "Connection closed") {
    error.message = "the broker closed the connection at once: it may want TLS, or a user and a password";
  }
  return error;
}

/** The library has ways to lose an answer. */
export function within<Result>(limitMs: number, work: Promise<Result>): Promise<Result> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`Kafka gave no answer within ${limitMs} ms`)), limitMs);
  return Promise.race([work, late.promise]).finally(() => clearTimeout(timer));
}

function rootOf(thrown: unknown): Error {
  if (!(thrown instanceof Error)) return new Error(String(thrown));
  if (thrown instanceof AggregateError && thrown.errors.length > 0) return rootOf(thrown.errors[0]);
  return thrown.cause instanceof Error ? rootOf(thrown.cause) : thrown;
}

/** Whether a broker answered with it; otherwise there was no answer. */
const isAnswer = (error: Error): error is Error & { apiId: string; serverErrorMessage: string | null } =>
  "apiId" in error && typeof error.apiId === "string";

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
  "GROUP_AUTHORIZATION_FAILED",
  "INVALID_SESSION_TIMEOUT",
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

/** Whether trying again soon is pointless. */
export const isRefusal = (error: Error): boolean => "code" in error && refusals.has((error as KafkaError).code);
