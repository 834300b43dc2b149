/** A node that tells events as fast as its spool takes them and writes them to a file, until it is killed. */
import { setImmediate as turn } from "node:timers/promises";
import { createLog } from "../../src/core/log.ts";
import { createFileSink } from "../../src/events/sinks/file.ts";
import { openFeedRig } from "../feed-rig.ts";

const [dir = "", path = ""] = process.argv.slice(2);
const sink = createFileSink(
  { kind: "file", types: ["*"], required: false, path, max_bytes: 60_000, max_files: 1_000 },
  { node: "test", version: "0", log: createLog({ level: "silent", readable: false }) },
);
const { feed, spool } = await openFeedRig(dir, { sinks: [sink] });
for (let index = 0; ; index += 1) {
  feed.system("sidecar.started", `slot-${index % 5}`, { slot: `slot-${index % 5}`, pid: index });
  if (index % 20 === 0) process.stdout.write(`${spool.bounds().last - (feed.health()[0]?.held ?? 0)}\n`);
  if (index % 5 === 0) await turn();
}
