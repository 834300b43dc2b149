/** Structured logs on stderr: JSON lines for programs, readable lines on a terminal. Never text, keys or query strings. */
import { type Logger, type LoggerOptions, pino, stdTimeFunctions } from "pino";
import pretty from "pino-pretty";

export type Log = Logger;
export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

export function createLog(options: { level: LogLevel; readable: boolean }): Log {
  const settings: LoggerOptions = {
    level: options.level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    formatters: { level: (label) => ({ level: label }) },
  };
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
