/** What a process and all its descendants have used, from /proc. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { statusOf } from "../../src/platform/process-state.ts";

const ticksPerS = 100;

export interface Usage {
  cpuS: number;
  residentBytes: number;
  /** The sum of each one's highest, which they need not have had at once. */
  peakBytes: number;
}

export function usageOf(root: number): Usage {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    if (/^\d+$/.test(name)) parents.set(Number(name), fieldsOf(Number(name))[1] ?? 0);
  }
  const isOurs = (pid: number): boolean => pid === root || (pid > 1 && isOurs(parents.get(pid) ?? 0));
  const usage: Usage = { cpuS: 0, residentBytes: 0, peakBytes: 0 };
  for (const pid of [...parents.keys()].filter(isOurs)) {
    const fields = fieldsOf(pid);
    usage.cpuS += ((fields[11] ?? 0) + (fields[12] ?? 0)) / ticksPerS;
    usage.residentBytes += kilobytes(pid, "VmRSS") * 1024;
    usage.peakBytes += kilobytes(pid, "VmHWM") * 1024;
  }
  return usage;
}

/** Of this process alone: begins to look for its highest memory, and tells by how much that was above what it has now. */
export function watchMemory(pid: number): () => number {
  const idle = kilobytes(pid, "VmRSS");
  // The kernel then counts VmHWM from here on.
  writeFileSync(`/proc/${pid}/clear_refs`, "5");
  return () => (kilobytes(pid, "VmHWM") - idle) * 1024;
}

/** As numbers: 1 is the parent, 11 and 12 are ticks in user and system mode. */
const fieldsOf = (pid: number) => statusOf(pid).map(Number);

const kilobytes = (pid: number, name: string) =>
  Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(read(`/proc/${pid}/status`))?.[1] ?? 0);

/** Empty for a process that is gone by now. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
