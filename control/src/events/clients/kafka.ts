/** One connection to a Kafka cluster: the only importer of @platformatic/kafka. Whoever opened it decides what is tried again. */
import { setTimeout as delay } from "node:timers/promises";
import {
  Admin,
  type API,
  type Callback,
  type Connection,
  type ConnectionPool,
  Consumer,
  type initProducerIdV5,
  kGetApi,
  kGetBootstrapConnection,
  kPerformWithRetry,
  type MessagesStream,
  murmur2,
  NumericMap,
  ProduceAcks,
  ProtocolError,
  type produceV11,
  ResponseError,
} from "@platformatic/kafka";
import type { KafkaConnection, KafkaGroupOptions, KafkaMember, KafkaOptions, ProducerId } from "./kafka-connection.ts";
import {
  explained,
  isUnknownTopic,
  type KafkaError,
  kafkaErrorOf,
  throwRoot,
  withCode,
  within,
} from "./kafka-error.ts";
import { type Outcome, produceByLeader, type RecordBatch } from "./kafka-produce.ts";

/** While a topic that was made finds its way from the controller to the broker that is asked, or a broker starts. */
const retryDelayMs = 50;
/** How often a cluster is asked whether it is there, as long as the connection ends that it is asked over. */
const probes = 3;
const farewellMs = 300;
const joinRetries = 5;
const joinDelayMs = 200;
const fetchWaitMs = 500;
/** Of all partitions at a time; a larger message comes alone. */
const fetchBytes = 4 * 1024 * 1024;
/** How often a topic is looked at for partitions that were added. */
const metadataMaxAgeMs = 300_000;

/** The partition that Kafka's own clients choose for a key. */
export const partitionOf = (key: string, partitions: number): number => (murmur2(key) & 0x7fffffff) % partitions;

/** Rejects with the root cause, a KafkaError. */
export async function connectKafka(options: KafkaOptions): Promise<KafkaConnection> {
  const { timeoutMs, signal } = options;
  const client = new Admin({ ...settingsOf(options), retries: 0 });
  outliveErrors(client.connections);
  const gone = Promise.withResolvers<KafkaError>();
  let probing = false;
  let disconnects = 0;
  /** The library has ways to lose an answer. Each broker may time out, and then the requests to the one that answers. */
  const bounded: Bounded = (work) => within(timeoutMs * (options.brokers.length + 2), work);

  /** A broker closes idle connections too: the cluster is gone only when it cannot be asked any more. */
  async function probe(): Promise<void> {
    if (probing || client.closed) return;
    probing = true;
    let failure: KafkaError | null = null;
    for (let attempt = 0; attempt < probes; attempt += 1) {
      const before = disconnects;
      failure = await bounded(client.metadata({ topics: [], forceUpdate: true })).then(() => null, kafkaErrorOf);
      // A dying broker's kernel may still take a connection, only to end it: that tells no more than the end before it.
      if (failure === null || disconnects === before) break;
      await delay(retryDelayMs);
    }
    probing = false;
    if (failure !== null) gone.resolve(failure);
  }
  client.on("client:broker:disconnect", () => {
    disconnects += 1;
    // A turn later: until then the pool still hands out the connection that has just ended.
    setImmediate(() => void probe());
  });

  async function close(): Promise<void> {
    await closeHard(client.close(), [client.connections]);
    gone.resolve(kafkaErrorOf(new Error("the connection was closed")));
  }

  try {
    signal?.throwIfAborted();
    signal?.addEventListener("abort", close);
    const { id: clusterId } = await bounded(client.metadata({ topics: [] }));
    signal?.throwIfAborted();
    return {
      clusterId,
      closed: gone.promise,
      close,
      partitionsOf: (topics) => bounded(partitionsOf(client, { topics, timeoutMs })).catch(throwRoot),
      createProducerId: () => bounded(createProducerId(client, timeoutMs)).catch(throwRoot),
      produce: (batches, producer) =>
        produceByLeader(batches, {
          timeoutMs,
          async findLeaders(topics, { anew }) {
            if (anew) client.clearMetadata();
            const metadata = await bounded(client.metadata({ topics: [...topics] }));
            return ({ topic, partition }) => metadata.topics.get(topic)?.partitions[partition]?.leader;
          },
          send: (leader, theirs) => bounded(send(client, { batches: theirs, producer, leader, timeoutMs })),
        }),
    };
  } catch (error) {
    await close();
    throw explained(kafkaErrorOf(error), timeoutMs);
  } finally {
    signal?.removeEventListener("abort", close);
  }
}

/** Rejects with the root cause, a KafkaError; waits while the group finds out who of its members are alive. */
export async function joinKafkaGroup(options: KafkaGroupOptions): Promise<KafkaMember> {
  const { topic, groupId, timeoutMs, sessionTimeoutMs, signal } = options;
  const consumer = new Consumer({
    ...settingsOf(options),
    groupId,
    deserializers: { key: textOf, value: textOf, headerKey: textOf, headerValue: textOf },
    sessionTimeout: sessionTimeoutMs,
    rebalanceTimeout: sessionTimeoutMs,
    heartbeatInterval: sessionTimeoutMs / 4,
    // To join takes as long as the slowest member.
    requestTimeout: sessionTimeoutMs + timeoutMs,
    // Members come and go while others join.
    retries: joinRetries,
    retryDelay: joinDelayMs,
  });
  const pools = [consumer.connections];
  outliveErrors(consumer.connections);
  const gone = Promise.withResolvers<KafkaError>();
  consumer.on("error", (error) => gone.resolve(kafkaErrorOf(error)));
  consumer.on("consumer:heartbeat:stalled", ({ lastError }) => gone.resolve(kafkaErrorOf(lastError)));
  const leave = async () => {
    await closeHard(consumer.close(true), pools);
    gone.resolve(kafkaErrorOf(new Error("the connection was closed")));
  };

  try {
    signal?.throwIfAborted();
    signal?.addEventListener("abort", leave);
    const consuming = consumer.consume({
      topics: [topic],
      mode: "committed",
      fallbackMode: options.begin ?? "earliest",
      autocommit: false,
      maxWaitTime: fetchWaitMs,
      maxBytes: fetchBytes,
      highWaterMark: 1,
    });
    const stream = await within(2 * (sessionTimeoutMs + timeoutMs), consuming);
    pools.push(stream.connections);
    outliveErrors(stream.connections);
    stream.on("error", (error) => gone.resolve(kafkaErrorOf(error)));
    signal?.throwIfAborted();
    return {
      messages: messagesOf(stream),
      assigned: () => consumer.assignments?.find((assignment) => assignment.topic === topic)?.partitions ?? [],
      onAssigned: (listener) => void consumer.on("consumer:group:join", listener),
      async commit(offsets) {
        const known = offsets.map(({ partition, offset }) => ({ topic, partition, offset, leaderEpoch: -1 }));
        await within(2 * timeoutMs, consumer.commit({ offsets: known })).catch(throwRoot);
      },
      closed: gone.promise,
      leave,
    };
  } catch (error) {
    await leave();
    throw explained(kafkaErrorOf(error), timeoutMs);
  } finally {
    signal?.removeEventListener("abort", leave);
  }
}

async function* messagesOf(stream: MessagesStream<string | null, string | null, string | null, string | null>) {
  try {
    for await (const { key, value, headers, partition, offset, timestamp } of stream) {
      const sentMs = Number(timestamp);
      yield { key, value: value ?? "", headers: Object.fromEntries(headers), partition, offset, sentMs };
    }
  } catch (error) {
    throw kafkaErrorOf(error);
  }
}

const textOf = (bytes?: Buffer): string | null => bytes?.toString() ?? null;

const settingsOf = (options: KafkaOptions) => ({
  clientId: options.clientId,
  bootstrapBrokers: [...options.brokers],
  connectTimeout: options.timeoutMs,
  requestTimeout: options.timeoutMs,
  timeout: options.timeoutMs,
  retryDelay: retryDelayMs,
  metadataMaxAge: metadataMaxAgeMs,
  autocreateTopics: false,
  ...(options.tls ? { tls: {} } : {}),
  ...(options.sasl === undefined ? {} : { sasl: options.sasl }),
});

/** A pool listens to the first error of a connection only; a second one would end the process. */
function outliveErrors(pool: ConnectionPool): void {
  pool.on("connecting", ({ connection }) => connection.on("error", () => undefined));
}

/** Goodbyes are said while `closing`, but a peer that hangs is not waited for. */
async function closeHard(closing: Promise<void>, pools: readonly ConnectionPool[]): Promise<void> {
  await within(farewellMs, closing).catch(() => undefined);
  for (const pool of pools) for (const [, connection] of pool) connection.socket?.destroy();
  await within(farewellMs, closing).catch(() => undefined);
}

async function partitionsOf(client: Admin, { topics, timeoutMs }: { topics: readonly string[]; timeoutMs: number }) {
  for (const topic of topics) {
    const known = await client.metadata({ topics: [topic] }).then(
      () => true,
      (error) => (isUnknownTopic(error) ? false : Promise.reject(error)),
    );
    if (known) continue;
    await client.createTopics({ topics: [topic] }).catch((thrown) => {
      const { code, message } = kafkaErrorOf(thrown);
      if (code === "TOPIC_ALREADY_EXISTS") return;
      throw withCode(code, `the topic ${topic} does not exist and could not be made: ${message}`);
    });
    await client.metadata({ topics: [topic], forceUpdate: true, retries: Math.ceil(timeoutMs / retryDelayMs) });
  }
  const metadata = await client.metadata({ topics: [...topics] });
  return new Map(topics.map((topic) => [topic, metadata.topics.get(topic)?.partitionsCount ?? 0]));
}

async function createProducerId(client: Admin, timeoutMs: number): Promise<ProducerId> {
  type Request = initProducerIdV5.InitProducerIdRequest;
  type Reply = initProducerIdV5.InitProducerIdResponse;
  const request = await requestOf<Request, Reply>(client, "InitProducerId");
  const broker = await called<Connection>((done) => client[kGetBootstrapConnection](done));
  const reply = await called<Reply>((done) => {
    const attempt = (answered: Callback<Reply>) => request(broker, null, timeoutMs, -1n, -1, answered);
    const skipRetry = (error: Error) => kafkaErrorOf(error).code !== "COORDINATOR_LOAD_IN_PROGRESS";
    const attempts = Math.ceil(timeoutMs / retryDelayMs);
    // A broker that has just started has no ids to give yet.
    void client[kPerformWithRetry]("initProducerId", attempt, done, 0, [], skipRetry, attempts);
  });
  return { id: reply.producerId, epoch: reply.producerEpoch };
}

interface Sending {
  batches: readonly RecordBatch[];
  producer: ProducerId;
  leader: number;
  timeoutMs: number;
}

async function send(client: Admin, { batches, producer, leader, timeoutMs }: Sending): Promise<Outcome[]> {
  const connections = await client.connectToBrokers([leader]);
  const connection = connections.get(leader);
  if (connection === undefined) throw withCode("LEADER_NOT_AVAILABLE", "a partition has no leader now");
  const request = await requestOf<produceV11.ProduceRequest, produceV11.ProduceResponse>(client, "Produce");
  const messages = batches.flatMap(({ topic, partition, records }) =>
    records.map(({ key, value, headers }) => ({
      topic,
      partition,
      key: Buffer.from(key),
      value: Buffer.from(value),
      headers: new Map(Object.entries(headers).map(([name, text]) => [Buffer.from(name), Buffer.from(text)])),
    })),
  );
  const sequences = new NumericMap(
    batches.map(({ topic, partition, firstSequence }) => [`${topic}:${partition}`, firstSequence]),
  );
  const identity = { producerId: producer.id, producerEpoch: producer.epoch, sequences };
  const reply: produceV11.ProduceResponse = await request
    .async(connection, ProduceAcks.ALL, timeoutMs, messages, { compression: "none", ...identity })
    // Where one partition refused, the others' answers are in the error.
    .catch((error) => (error instanceof ResponseError ? error.response : Promise.reject(error)));
  return batches.map((batch) => outcomeOf(batch, reply));
}

function outcomeOf({ topic, partition }: RecordBatch, { responses }: produceV11.ProduceResponse): Outcome {
  const answers = responses.find(({ name }) => name === topic)?.partitionResponses;
  const answer = answers?.find(({ index }) => index === partition);
  if (answer === undefined) return withCode("UNKNOWN_SERVER_ERROR", `the broker did not answer for ${topic}`);
  return answer.errorCode === 0 ? null : kafkaErrorOf(new ProtocolError(answer.errorCode, answer.errorMessage));
}

type Bounded = <Result>(work: Promise<Result>) => Promise<Result>;

/** The library's inner calls take a callback. */
function called<Result>(call: (done: Callback<Result>) => void): Promise<Result> {
  return new Promise((resolve, reject) => {
    call((error, result) => (error ? reject(error) : resolve(result as Result)));
  });
}

/** A request of the protocol, in the newest version that the broker and the library both know. */
const requestOf = <Request extends unknown[], Reply>(client: Admin, name: string) =>
  called<API<Request, Reply>>((done) => client[kGetApi](name, done));
