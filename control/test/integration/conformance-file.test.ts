import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createLog } from "../../src/core/log.ts";
import { createFileSink } from "../../src/events/sinks/file.ts";
import type { Bench } from "../conformance/subject.ts";
import { conformance } from "../conformance/suite.ts";

conformance({ kind: "file", idempotent: true, broker: null, unfitBytes: null, open: openBench });

async function openBench(dir: string): Promise<Bench> {
  mkdirSync(dir, { recursive: true });
  const age = (name: string) => Number(/\.(\d+)$/.exec(name)?.[1] ?? 0);
  return {
    startBroker: async () => {},
    killBroker: async () => {},
    createSink: () =>
      createFileSink(
        {
          kind: "file",
          types: ["*"],
          required: false,
          path: join(dir, "events.jsonl"),
          max_bytes: 20_000,
          max_files: 100,
        },
        { node: "test", version: "0", log: createLog({ level: "silent", readable: false }) },
      ),
    async received() {
      const names = readdirSync(dir).sort((a, b) => age(b) - age(a));
      const lines = names.flatMap((name) => readFileSync(join(dir, name), "utf8").split("\n").slice(0, -1));
      return lines.map((json) => ({ json, partitionKey: null }));
    },
    close: async () => {},
  };
}
