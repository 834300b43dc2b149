/** `make check`: runs every gate, a few at a time, shows what the failing ones said and closes with the count. */
import { availableParallelism } from "node:os";
import { closeWith, type Failure, type Tally } from "../test/tally.ts";
import { type GateName, gates } from "./gates.ts";
import { runGate } from "./run-gate.ts";

const waiting = Object.keys(gates) as GateName[];
const tally: Tally = { passed: 0, failed: 0, skipped: 0 };
const failures: Failure[] = [];

async function runWaiting(): Promise<void> {
  for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
    const { holds, said, duration_s } = await runGate(name);
    tally[holds ? "passed" : "failed"] += 1;
    process.stdout.write(`${holds ? "ok  " : "FAIL"} ${name.padEnd(16)} ${duration_s.toFixed(1)} s\n`);
    if (holds) continue;
    process.stdout.write(`${said.trimEnd().replaceAll(/^/gm, "     ")}\n`);
    failures.push({ file: "make check", name, message: said });
  }
}

await Promise.all(Array.from({ length: availableParallelism() }, runWaiting));
closeWith("check", { tally, failures });
