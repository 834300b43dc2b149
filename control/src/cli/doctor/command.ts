/** Runs a short command for what it prints. */
import { spawnChild } from "../../platform/child.ts";

export interface Outcome {
  ok: boolean;
  /** Standard output and error, line by line as they came. */
  lines: string[];
  /** The last of them, or why it did not run at all. */
  reason: string;
}

const timeoutMs = 60_000;

export async function runCommand(
  command: string,
  args: readonly string[],
  options: { cwd?: string } = {},
): Promise<Outcome> {
  const lines: string[] = [];
  const env = Object.entries(process.env).filter((pair): pair is [string, string] => pair[1] !== undefined);
  const child = spawnChild({
    ...options,
    command,
    args,
    env: Object.fromEntries(env),
    onLine: (line) => lines.push(line),
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
  const exit = await child.exited;
  clearTimeout(timer);
  const reason = exit.error ?? lines.findLast((line) => line.trim() !== "") ?? `exit code ${exit.code ?? exit.signal}`;
  return { ok: exit.code === 0, lines, reason };
}
