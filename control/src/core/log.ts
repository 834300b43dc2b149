/** Structured logs on stderr: JSON lines for programs, readable lines on a terminal. Never text, keys or query strings. */
import { type Logger, pino } from "pino";
import pretty from "pino-pretty";

export type Log = Logger;
export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

export function createLog(options: { level: LogLevel; readable: boolean }): Log {
  const settings = { level: options.level, base: null };
  if (!options.readable) return pino(settings, pino.destination(2));
  const stream = pretty({
    destination: 2,
    sync: true,
    ignore: "pid,hostname",
    translateTime: "HH:MM:ss",
    colorize: true,
  });
  return pino(settings, stream);
}
