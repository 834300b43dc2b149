/** A program that writes numbered events through the file sink and tells on stdout what was acknowledged. */
import { createLog } from "../../src/core/log.ts";
import type { SettingsOf } from "../../src/core/sink-settings.ts";
import { createFileSink } from "../../src/events/sinks/file.ts";
import { outgoing, sourceOf } from "../conformance/outgoing.ts";

const [path = "", count = ""] = process.argv.slice(2);
const log = createLog({ level: "silent", readable: false });
const settings: SettingsOf<"file"> = {
  kind: "file",
  types: ["*"],
  required: false,
  path,
  max_bytes: 1_000_000_000,
  max_files: 50,
};
const sink = createFileSink(settings, { node: "test", version: "0", log });
const connection = await sink.open(AbortSignal.timeout(10_000));
const recalled = await connection.recall?.([sourceOf("system")]);
let written = recalled?.get(sourceOf("system")) ?? 0;
process.stdout.write(`${written}\n`);
const events = outgoing(Number(count));
while (written < events.length) {
  const { delivered, stopped } = await connection.deliver(events.slice(written, written + 40));
  written += delivered;
  process.stdout.write(`${written}\n`);
  if (stopped?.kind === "failed") {
    process.stderr.write(`${stopped.error.message}\n`);
    break;
  }
}
await connection.close();
