/** Runs one gate on a tree, and tells whether it holds and what it said. */
import { execFile } from "node:child_process";
import { type GateName, gates } from "./gates.ts";

interface Verdict {
  holds: boolean;
  /** Standard output and error together. */
  said: string;
  duration_s: number;
}

export function runGate(name: GateName, root = "."): Promise<Verdict> {
  const { command, args, env } = { env: {}, ...gates[name] };
  const start = performance.now();
  return new Promise((resolve) => {
    const options = { cwd: root, env: { ...process.env, ...env, NO_COLOR: "1", FORCE_COLOR: "0" }, maxBuffer: 2 ** 26 };
    execFile(command, args, options, (error, stdout, stderr) => {
      const unstarted = typeof error?.code === "string" ? `${error.message}\n` : "";
      const duration_s = (performance.now() - start) / 1000;
      resolve({ holds: error === null, said: stdout + stderr + unstarted, duration_s });
    });
  });
}
