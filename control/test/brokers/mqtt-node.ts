/** A node's MQTT connection in a process of its own, which a test may kill: `node mqtt-node.ts URL`. */
import { createLog } from "../../src/core/log.ts";
import { type SettingsOf, sinkSettingsSchema } from "../../src/core/sink-settings.ts";
import { createMqttSink } from "../../src/events/sinks/mqtt.ts";

const settings = sinkSettingsSchema.parse({ kind: "mqtt", url: process.argv[2] }) as SettingsOf<"mqtt">;
const log = createLog({ level: "silent", readable: false });
const sink = createMqttSink(settings, { node: "lab.one", log, version: "1.2.3" });
await sink.open(new AbortController().signal);
