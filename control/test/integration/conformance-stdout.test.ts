import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { createLog } from "../../src/core/log.ts";
import { createStdoutSink } from "../../src/events/sinks/stdout.ts";
import type { Bench } from "../conformance/subject.ts";
import { conformance } from "../conformance/suite.ts";

conformance({ kind: "stdout", idempotent: false, broker: null, unfitBytes: null, open: openBench });

/** The program behind the pipe is one that gives back every line. */
async function openBench(): Promise<Bench> {
  const reader = spawn("cat", [], { stdio: "pipe" });
  const lines: string[] = [];
  createInterface(reader.stdout).on("line", (line) => lines.push(line));
  return {
    startBroker: async () => {},
    killBroker: async () => {},
    createSink: () =>
      createStdoutSink(
        { kind: "stdout", types: ["*"], required: false },
        {
          node: "test",
          version: "0",
          log: createLog({ level: "silent", readable: false }),
          stream: reader.stdin,
        },
      ),
    received: async () => lines.map((json) => ({ json, partitionKey: null })),
    async close() {
      const ended = new Promise((resolve) => reader.once("exit", resolve));
      reader.stdin.end();
      await ended;
    },
  };
}
