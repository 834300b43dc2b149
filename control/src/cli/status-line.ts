/** One line at the bottom of a terminal that is drawn over and over; elsewhere nothing, or now and then a line of a log. */
import { stripVTControlCharacters } from "node:util";
import type { Io } from "./io.ts";

export interface StatusLine {
  show(text: string): void;
  /** Removes it, so that whole lines can be printed. */
  clear(): void;
}

const toLineStart = "\r";
const eraseToEnd = "\u001b[K";

export interface StatusLineOptions {
  /** Where standard error is no terminal, a line is written at most this often; without it none is. */
  logEveryMs?: number;
}

export function createStatusLine(io: Pick<Io, "err" | "terminal">, options: StatusLineOptions = {}): StatusLine {
  if (!io.terminal.err) return logLine(io, options);
  let shown = "";
  return {
    show(text) {
      // A line that wraps could not be drawn over.
      const line = stripVTControlCharacters(text).slice(0, io.terminal.columns - 1);
      if (line === shown) return;
      shown = line;
      io.err(toLineStart + line + eraseToEnd);
    },
    clear() {
      if (shown === "") return;
      shown = "";
      io.err(toLineStart + eraseToEnd);
    },
  };
}

function logLine(io: Pick<Io, "err">, { logEveryMs = Number.POSITIVE_INFINITY }: StatusLineOptions): StatusLine {
  let nextMs = performance.now() + logEveryMs;
  return {
    show(text) {
      const nowMs = performance.now();
      if (nowMs < nextMs) return;
      nextMs = nowMs + logEveryMs;
      io.err(`${stripVTControlCharacters(text)}\n`);
    },
    clear: () => undefined,
  };
}
