/** Runs a command to its end and keeps what it said: pip, Python's zipfile, and the hub's client. */
import { HumError } from "../core/errors.ts";
import { spawnChild } from "../platform/child.ts";

const keptLines = 50;
const stopGraceMs = 2000;

/** Rejects when it cannot be started, and with `cancelled` when `signal` ends it. */
export async function runTool(options: {
  command: string;
  args: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
  onLine?: (line: string, stream: "stdout" | "stderr") => void;
}): Promise<{ code: number | null; lines: string[] }> {
  options.signal.throwIfAborted();
  const lines: string[] = [];
  const child = spawnChild({
    command: options.command,
    args: options.args,
    env: Object.fromEntries(
      Object.entries(options.env).filter((pair): pair is [string, string] => pair[1] !== undefined),
    ),
    onLine(line, stream) {
      options.onLine?.(line, stream);
      lines.push(line);
      if (lines.length > keptLines) lines.shift();
    },
  });
  const stop = () => {
    child.stop(stopGraceMs).catch(() => undefined);
  };
  options.signal.addEventListener("abort", stop, { once: true });
  const exit = await child.exited;
  options.signal.removeEventListener("abort", stop);
  if (options.signal.aborted) throw new HumError("cancelled", "interrupted");
  if (exit.error !== null) throw new HumError("internal", `${options.command} cannot be started: ${exit.error}`);
  return { code: exit.code, lines };
}
