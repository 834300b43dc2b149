/** What a verb may touch of the process: its environment, its output, and the signals that end it. */
import type { exitCodes as verdictCodes } from "../bench/compare/exit-codes.ts";
import type { Environment } from "../core/load-config.ts";

export interface Io {
  env: Environment;
  cwd: string;
  /** Whether a person watches: progress is drawn only then. */
  terminal: { out: boolean; err: boolean; columns: number };
  /** Writes as it is, without a line break of its own. */
  out(text: string): void;
  err(text: string): void;
  /** Aborted by the first SIGINT, SIGTERM or SIGHUP; a second one ends the process at once. */
  interrupted: AbortSignal;
  /** Aborted when nobody reads standard output any more. */
  unread: AbortSignal;
}

/** What scripts can rely on. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, interrupted: 130 } as const;
/** Beside these, those of a benchmark's verdict. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes] | (typeof verdictCodes)[keyof typeof verdictCodes];

/** npm passes a terminal's Ctrl-C on to us once more: what comes this soon after the first is the same key press. */
const echoMs = 500;

export function processIo(): Io {
  const interrupted = new AbortController();
  const unread = new AbortController();
  let firstMs = 0;
  const interrupt = () => {
    if (!interrupted.signal.aborted) {
      firstMs = performance.now();
      interrupted.abort();
    } else if (performance.now() - firstMs > echoMs) {
      process.exit(exitCodes.interrupted);
    }
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, interrupt);
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    unread.abort();
  });
  return {
    env: process.env,
    cwd: process.cwd(),
    terminal: { out: process.stdout.isTTY, err: process.stderr.isTTY, columns: process.stderr.columns ?? 80 },
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    interrupted: interrupted.signal,
    unread: unread.signal,
  };
}

/** Resolves when `signal` is aborted. */
export async function abortOf(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => resolve(), { once: true });
  await promise;
}
