/** A program that writes large batches to its stdout through the sink, and tells on stderr how it goes, and that it is not held up. */
import { createLog } from "../../src/core/log.ts";
import type { SettingsOf } from "../../src/core/sink-settings.ts";
import { createStdoutSink } from "../../src/events/sinks/stdout.ts";
import { outgoing } from "../conformance/outgoing.ts";

const log = createLog({ level: "silent", readable: false });
const settings: SettingsOf<"stdout"> = { kind: "stdout", types: ["*"], required: false };
const connection = await createStdoutSink(settings, { node: "test", version: "0", log }).open(
  AbortSignal.timeout(10_000),
);
const turns = setInterval(() => process.stderr.write("turn\n"), 5);
const batch = outgoing(1_000);
for (;;) {
  const { delivered, stopped } = await connection.deliver(batch);
  process.stderr.write(
    `${delivered} ${stopped === null ? "delivered" : `${stopped.kind}: ${JSON.stringify(stopped)}`}\n`,
  );
  if (stopped !== null) break;
}
clearInterval(turns);
await connection.close();
