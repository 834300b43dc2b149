/** Runs a short command for what it prints on standard output. */
import { spawnChild } from "./child.ts";

/** Null where it does not run, fails, or takes too long. */
export async function linesOf(
  command: string,
  args: readonly string[],
  options: { env: Record<string, string>; cwd?: string; timeoutMs: number },
): Promise<string[] | null> {
  const { env, cwd, timeoutMs } = options;
  const lines: string[] = [];
  const child = spawnChild({
    command,
    args,
    env,
    ...(cwd === undefined ? {} : { cwd }),
    onLine(line, stream) {
      if (stream === "stdout") lines.push(line);
    },
  });
  const timer = setTimeout(() => child.kill("SIGKILL"), timeoutMs);
  const { code } = await child.exited;
  clearTimeout(timer);
  return code === 0 ? lines : null;
}
