/** A sidecar's log lines, JSON on its stderr, as lines of our own log; anything else it prints is kept as it is. */
import { z } from "zod";
import type { Log } from "../core/log.ts";

const lineSchema = z.looseObject({ level: z.enum(["debug", "info", "warn", "error"]), msg: z.string() });

export function relayLine(log: Log, at: { identity: string; line: string }): void {
  const { identity: sidecar, line } = at;
  const parsed = lineSchema.safeParse(readJson(line));
  if (parsed.success) {
    const { level, msg, ...rest } = parsed.data;
    log[level]({ sidecar, ...rest }, msg);
  } else {
    log.warn({ sidecar, line }, "sidecar printed");
  }
}

function readJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
