/** A real Mosquitto, from Debian's package of that name, and a client that keeps what it hears. */
import { mkdirSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { connectAsync, type IPublishPacket } from "mqtt";
import { freePort } from "../ports.ts";
import { type Broker, createBroker } from "./broker.ts";

export interface MqttBroker extends Broker {
  readonly url: string;
}

export interface MosquittoOptions {
  /** Made where it is missing; holds its data and its configuration. */
  dir: string;
  /** More lines of its configuration, such as `max_packet_size 2000`. */
  configuration?: readonly string[];
}

export async function mosquittoBroker({ dir, configuration = [] }: MosquittoOptions): Promise<MqttBroker> {
  const port = await freePort();
  mkdirSync(dir, { recursive: true });
  const path = join(dir, "mosquitto.conf");
  // Started by root it would become another user, who may not write here.
  const own = [
    `user ${userInfo().username}`,
    `listener ${port} 127.0.0.1`,
    "persistence true",
    `persistence_location ${dir}/`,
  ];
  const anonymous = configuration.some((line) => line.startsWith("password_file")) ? "false" : "true";
  const others = [`allow_anonymous ${anonymous}`, "max_queued_messages 0"];
  writeFileSync(path, [...own, ...others, ...configuration, ""].join("\n"));
  const broker = createBroker({ port, command: "/usr/sbin/mosquitto", args: ["-c", path] });
  return Object.assign(broker, { url: `mqtt://127.0.0.1:${port}` });
}

export type Heard = Pick<IPublishPacket, "topic" | "retain" | "properties"> & { text: string };

export interface Listener {
  /** In the order of arrival. */
  readonly heard: readonly Heard[];
  /** Resolves once it is, again. */
  connected(): Promise<void>;
  close(): Promise<void>;
}

/** Its session outlives its connection, and it connects again by itself. */
export async function listenTo(broker: MqttBroker, filter: string): Promise<Listener> {
  const heard: Heard[] = [];
  const client = await connectAsync(broker.url, {
    protocolVersion: 5,
    clientId: `test-${filter.replaceAll(/[^a-z]/g, "")}-${process.pid}`,
    clean: false,
    properties: { sessionExpiryInterval: 3_600 },
    reconnectPeriod: 50,
  });
  client.on("error", () => undefined);
  client.on("message", (topic, payload, { retain, properties }) => {
    heard.push({ topic, retain, ...(properties === undefined ? {} : { properties }), text: payload.toString() });
  });
  await client.subscribeAsync(filter, { qos: 1 });
  return {
    heard,
    async connected() {
      if (!client.connected) await new Promise<void>((resolve) => client.once("connect", () => resolve()));
    },
    close: () => client.endAsync(true),
  };
}
