/** Child processes: the only importer of execa. Spawns in a session of its own, and stops by a ladder that is awaited. */
import { execa } from "execa";

export interface ChildExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** What the system said when it could not be spawned at all. */
  error: string | null;
}

export interface Child {
  readonly pid: number | undefined;
  /** Settles once, never rejects. */
  readonly exited: Promise<ChildExit>;
  /** To its stdin; lost where it is gone. */
  write(text: string): void;
  kill(signal: NodeJS.Signals): void;
  /** SIGTERM, then SIGKILL after `graceMs`; resolves when the process is gone. */
  stop(graceMs: number): Promise<ChildExit>;
}

export interface ChildOptions {
  command: string;
  args: readonly string[];
  env: Record<string, string>;
  cwd?: string;
  onLine?: (line: string, stream: "stdout" | "stderr") => void;
}

/**
 * The child's stdin stays an open pipe: its end tells the child that we are gone, however we went.
 * It leads a session of its own, so that a terminal's Ctrl-C reaches only us and the ladder stays ours.
 */
export function spawnChild(options: ChildOptions): Child {
  const child = execa(options.command, options.args, {
    env: options.env,
    extendEnv: false,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
    buffer: false,
    reject: false,
    detached: true,
    cleanup: false,
    // The ladder is ours: execa would send SIGKILL 5 s after any SIGTERM.
    forceKillAfterDelay: false,
  });
  const follow = async (stream: "stdout" | "stderr") => {
    for await (const line of child.iterable({ from: stream })) options.onLine?.(String(line), stream);
  };
  // The streams end with the process; how it ended is told by `exited`.
  follow("stdout").catch(() => undefined);
  follow("stderr").catch(() => undefined);
  child.stdin.on("error", () => undefined);

  const exited = child.then(exitOf);

  return {
    pid: child.pid,
    exited,
    write(text) {
      child.stdin.write(text);
    },
    kill: (signal) => {
      child.kill(signal);
    },
    async stop(graceMs) {
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
      try {
        return await exited;
      } finally {
        clearTimeout(timer);
      }
    },
  };
}

export interface CommandResult extends ChildExit {
  out: string;
  err: string;
}

/** Runs a command to its end, for what it says; never rejects. It ends with us, by SIGTERM where `signal` is aborted. */
export async function runCommand(
  options: Omit<ChildOptions, "onLine"> & { signal?: AbortSignal; onLine?: (line: string) => void },
): Promise<CommandResult> {
  const { command, args, env, cwd, signal, onLine } = options;
  const child = execa(command, args, {
    env,
    extendEnv: false,
    ...(cwd === undefined ? {} : { cwd }),
    ...(signal === undefined ? {} : { cancelSignal: signal }),
    stdin: "ignore",
    reject: false,
  });
  const follow = async () => {
    for await (const line of child) onLine?.(line);
  };
  const [result] = await Promise.all([child, onLine === undefined ? undefined : follow().catch(() => undefined)]);
  return { ...exitOf(result), out: result.stdout, err: result.stderr };
}

function exitOf(result: {
  exitCode?: number | undefined;
  signal?: string | undefined;
  originalMessage?: string | undefined;
}): ChildExit {
  const { exitCode, signal, originalMessage } = result;
  return {
    code: exitCode ?? null,
    signal: (signal as NodeJS.Signals | undefined) ?? null,
    error: exitCode === undefined && signal === undefined ? (originalMessage ?? "unknown") : null,
  };
}
