/** A real RabbitMQ, from Debian's package rabbitmq-server, with an epmd of its own, and a queue that keeps what it gets. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Connection, type SyncMessage } from "rabbitmq-client";
import { freePort } from "../ports.ts";
import { type Broker, createBroker } from "./broker.ts";

export interface AmqpBroker extends Broker {
  readonly url: string;
}

export interface RabbitmqOptions {
  /** Made where it is missing; holds its data, its logs and its configuration. */
  dir: string;
  /** Lines of its configuration, such as `max_message_size = 16384`. */
  configuration?: readonly string[];
  /** An exchange that is there from the first moment, with a queue of the same name that gets all of it. */
  queueOn?: string;
}

export async function rabbitmqBroker({
  dir,
  configuration = [],
  queueOn: bound,
}: RabbitmqOptions): Promise<AmqpBroker> {
  const [port, distPort, epmdPort] = [await freePort(), await freePort(), await freePort()];
  for (const name of ["mnesia", "log"]) mkdirSync(join(dir, name), { recursive: true });
  const definitions = join(dir, "definitions.json");
  if (bound !== undefined) writeFileSync(definitions, JSON.stringify(definitionsOf(bound)));
  const loaded = bound === undefined ? [] : [`load_definitions = ${definitions}`];
  writeFileSync(join(dir, "rabbitmq.conf"), [...configuration, ...loaded, ""].join("\n"));
  writeFileSync(join(dir, "plugins"), "[].\n");
  const erlang = { ERL_EPMD_ADDRESS: "127.0.0.1", ERL_EPMD_PORT: String(epmdPort), HOME: dir };
  // Erlang starts one in the background, for good, where there is none.
  const names = createBroker({ port: epmdPort, command: "epmd", args: [], env: erlang });
  const broker = createBroker({
    port,
    command: "/usr/lib/rabbitmq/bin/rabbitmq-server",
    args: [],
    startTimeoutMs: 60_000,
    env: {
      ...erlang,
      // The script becomes the server, rather than its parent.
      RUNNING_UNDER_SYSTEMD: "1",
      RABBITMQ_NODENAME: `hum${port}@localhost`,
      RABBITMQ_NODE_IP_ADDRESS: "127.0.0.1",
      RABBITMQ_NODE_PORT: String(port),
      RABBITMQ_DIST_PORT: String(distPort),
      RABBITMQ_MNESIA_BASE: join(dir, "mnesia"),
      RABBITMQ_LOG_BASE: join(dir, "log"),
      RABBITMQ_CONFIG_FILE: join(dir, "rabbitmq.conf"),
      RABBITMQ_ENABLED_PLUGINS_FILE: join(dir, "plugins"),
      // No waiting in circles beside other tests; everything listens on loopback only.
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS:
        "+sbwt none +sbwtdcpu none +sbwtdio none -kernel inet_dist_use_interface {127,0,0,1}",
    },
  });
  let hasNames = false;
  return {
    port,
    url: `amqp://guest:guest@127.0.0.1:${port}`,
    get pid() {
      return broker.pid;
    },
    async start() {
      if (!hasNames) await names.start();
      hasNames = true;
      await broker.start();
    },
    kill: broker.kill,
    freeze: broker.freeze,
    thaw: broker.thaw,
    async stop() {
      broker.thaw();
      await broker.kill();
      await names.stop();
    },
  };
}

/** In the broker's own format: with it, nothing is there by default. */
function definitionsOf(name: string) {
  const vhost = "/";
  const permission = { user: "guest", vhost, configure: ".*", write: ".*", read: ".*" };
  return {
    users: [{ name: "guest", password: "guest", tags: "administrator" }],
    vhosts: [{ name: vhost }],
    permissions: [permission],
    exchanges: [{ name, vhost, type: "topic", durable: true, auto_delete: false, internal: false, arguments: {} }],
    queues: [{ name, vhost, durable: true, auto_delete: false, arguments: {} }],
    bindings: [{ source: name, vhost, destination: name, destination_type: "queue", routing_key: "#", arguments: {} }],
  };
}

export interface Queue {
  /** Takes all that it holds; what was taken is gone from the queue. */
  take(): Promise<SyncMessage[]>;
  close(): Promise<void>;
}

/** A durable queue that gets all events of an exchange. */
export async function queueOn(
  broker: AmqpBroker,
  options: { exchange: string; arguments?: Record<string, unknown> },
): Promise<Queue> {
  const connection = new Connection({ url: broker.url, retryLow: 50, retryHigh: 200 });
  connection.on("error", () => undefined);
  const queue = options.exchange;
  await connection.exchangeDeclare({ exchange: options.exchange, type: "topic", durable: true });
  await connection.queueDeclare({ queue, durable: true, arguments: options.arguments ?? {} });
  await connection.queueBind({ exchange: options.exchange, queue, routingKey: "#" });
  return {
    async take() {
      const messages: SyncMessage[] = [];
      for (;;) {
        const message = await connection.basicGet({ queue, noAck: true });
        if (message === undefined) return messages;
        messages.push(message);
      }
    },
    close: () => connection.close(),
  };
}
