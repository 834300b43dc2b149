/** What the choice of layouts needs to know of this machine. */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import type { Host } from "./layouts.ts";

export function readHost(): Host {
  return {
    cores: availableParallelism(),
    flags: processorFlags(),
    glibc: process.platform === "linux" && "glibcVersionRuntime" in reportHeader(),
  };
}

/** As Linux names them; empty elsewhere. */
function processorFlags(): ReadonlySet<string> {
  try {
    const line = /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1] ?? "";
    return new Set(line.trim().split(/\s+/));
  } catch {
    return new Set();
  }
}

/** Node's own account of what it runs on. */
function reportHeader(): object {
  const { header } = process.report.getReport() as { header?: object };
  return header ?? {};
}
