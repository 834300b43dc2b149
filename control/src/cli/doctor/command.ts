/** Runs a short command for what it prints. */
import { spawnChild } from "../../platform/child.ts";

export interface Outcome {
  ok: boolean;
  /** Lines of standard output: what it was run for. */
  out: string[];
  /** Lines of standard error: a library may warn there at any time, also last. */
  err: string[];
  /** What it said last, on standard error where it said something there, or why it did not run at all. */
  reason: string;
}

const timeoutMs = 60_000;

export async function runCommand(
  command: string,
  args: readonly string[],
  options: { cwd?: string } = {},
): Promise<Outcome> {
  const out: string[] = [];
  const err: string[] = [];
  const env = Object.entries(process.env).filter((pair): pair is [string, string] => pair[1] !== undefined);
  const child = spawnChild({
    ...options,
    command,
    args,
    env: Object.fromEntries(env),
    onLine: (line, stream) => (stream === "stdout" ? out : err).push(line),
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
  const exit = await child.exited;
  clearTimeout(timer);
  const said = [...out, ...err].findLast((line) => line.trim() !== "");
  return { ok: exit.code === 0, out, err, reason: exit.error ?? said ?? `exit code ${exit.code ?? exit.signal}` };
}
