/** One line at the bottom of a terminal that is drawn over and over; nothing where standard error is no terminal. */
import { stripVTControlCharacters } from "node:util";
import type { Io } from "./io.ts";

export interface StatusLine {
  show(text: string): void;
  /** Removes it, so that whole lines can be printed. */
  clear(): void;
}

const toLineStart = "\r";
const eraseToEnd = "\u001b[K";

export function createStatusLine(io: Pick<Io, "err" | "terminal">): StatusLine {
  let shown = "";
  return {
    show(text) {
      if (!io.terminal.err) return;
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
