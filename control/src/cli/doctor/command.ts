/** Runs a short command for what it prints. */
import { checkoutRoot } from "../../core/checkout.ts";
import { packageDirOf } from "../../fleet/process.ts";
import { spawnChild } from "../../platform/child.ts";
import { childEnvironment } from "../../platform/child-environment.ts";

export interface Outcome {
  ok: boolean;
  /** Lines of standard output: what it was run for. */
  out: string[];
  /** Lines of standard error: a library may warn there at any time, also last. */
  err: string[];
  /** What it said last, on standard error where it said something there, or why it did not run at all. */
  reason: string;
}

const defaultTimeoutMs = 60_000;

export async function runCommand(
  command: string,
  args: readonly string[],
  options: { cwd?: string; env?: Record<string, string>; timeoutMs?: number; signal?: AbortSignal } = {},
): Promise<Outcome> {
  const out: string[] = [];
  const err: string[] = [];
  const child = spawnChild({
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    command,
    args,
    // What a sidecar would see, so that what is found here is what it would find.
    env: { ...childEnvironment(packageDirOf(checkoutRoot)), ...options.env },
    onLine: (line, stream) => (stream === "stdout" ? out : err).push(line),
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), options.timeoutMs ?? defaultTimeoutMs);
  const abandon = () => child.kill("SIGKILL");
  options.signal?.addEventListener("abort", abandon, { once: true });
  const exit = await child.exited;
  options.signal?.removeEventListener("abort", abandon);
  clearTimeout(timer);
  const said = [...out, ...err].findLast((line) => line.trim() !== "");
  return { ok: exit.code === 0, out, err, reason: exit.error ?? said ?? `exit code ${exit.code ?? exit.signal}` };
}
