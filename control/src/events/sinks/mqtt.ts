/**
 * The MQTT sink: each event on `<prefix>/<node>/<noun>/<verb>`, always four levels below a prefix of one: the noun of
 * `benchmark.run.started` is `benchmark.run`. QoS 1, in order for each partition key.
 *
 * `<prefix>/<node>/availability` says `online` or `offline`, retained: the broker itself says the latter of a node that
 * vanished.
 */
import { setTimeout as delay } from "node:timers/promises";
import type { SettingsOf } from "../../core/sink-settings.ts";
import { connectMqtt, isRefusal, type MqttConnection, type MqttMessage } from "../clients/mqtt.ts";
import type { SealedEvent, Sink, Stop } from "../sink.ts";
import type { SinkContext } from "./context.ts";
import { discoveryOf } from "./discovery.ts";
import { createLanes } from "./lanes.ts";

/** The goodbye of a node that is asked to end. */
const farewellMs = 400;

export function createMqttSink(settings: SettingsOf<"mqtt">, { node, version }: SinkContext): Sink {
  const { url, username, password, topic_prefix: prefix, discovery_prefix: discoveryPrefix, types } = settings;
  const name = settings.name ?? settings.kind;
  const own = `${prefix}/${node}`;
  const availabilityTopic = `${own}/availability`;
  const lanes = createLanes();

  const messageOf = ({ name, id, source, type, json }: SealedEvent): MqttMessage => ({
    topic: `${own}/${name.slice(0, name.lastIndexOf("."))}/${name.slice(name.lastIndexOf(".") + 1)}`,
    payload: json,
    contentType: "application/cloudevents+json",
    userProperties: { id, source, type },
  });

  /** Before anything else, so that whoever sees an event knows who it is of. */
  async function introduce(connection: MqttConnection): Promise<void> {
    if (discoveryPrefix !== null) {
      const discovery = discoveryOf({ node, version, own, availabilityTopic, discoveryPrefix, types });
      await connection.publish({ ...discovery, retain: true, contentType: "application/json" });
    }
    await connection.publish({ topic: availabilityTopic, payload: "online", retain: true });
  }

  return {
    name,
    remembersMs: 0,
    async open(signal) {
      const connection = await connectMqtt({
        url,
        username,
        password,
        // The same in every life: a connection that the broker believes alive, and its last will, end with the new one.
        clientId: `humhelix-${node}-${name}`,
        will: { topic: availabilityTopic, payload: "offline" },
        timeoutMs: settings.timeout_s * 1000,
        signal,
      });
      try {
        await introduce(connection);
      } catch (error) {
        await connection.close();
        throw error;
      }
      const send = async (event: SealedEvent): Promise<Stop | null> => {
        if ((await connection.publish(messageOf(event))) === "taken") return null;
        return { kind: "unfit", reason: `${Buffer.byteLength(event.json)} bytes are more than the MQTT broker takes` };
      };
      return {
        deliver: (batch) => lanes.deliver(batch, send),
        announce: (event) => connection.announce(messageOf(event)),
        closed: connection.closed,
        async close() {
          const farewell = connection.publish({ topic: availabilityTopic, payload: "offline", retain: true });
          await Promise.race([farewell.catch(() => undefined), delay(farewellMs, undefined, { ref: false })]);
          await connection.close();
        },
      };
    },
    isRefusal,
  };
}
