/** Processes as the system's own table has them: parents, processor time and memory. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { statusOf } from "./process-state.ts";

export interface ProcessUse {
  pid: number;
  parent: number;
  /** User and system mode, with that of children which ended and were waited for; in steps of 10 ms. */
  cpuS: number;
  residentBytes: number;
  /** The highest since its start, or since `beginPeaks`; null where the system does not tell. */
  peakBytes: number | null;
}

export const isLinux = process.platform === "linux";
/** sysconf(_SC_CLK_TCK): 100 on every Linux that Node runs on. */
const ticksPerS = 100;

/** The roots that are there, and all their descendants. */
export function processTrees(roots: readonly number[]): ProcessUse[] {
  if (roots.length === 0) return [];
  return isLinux ? processesOf(findTrees(roots)) : fromPs(roots);
}

/** From here on `peakBytes` of these counts anew. False where that cannot be had. */
export function beginPeaks(pids: readonly number[]): boolean {
  try {
    // proc(5): 5 resets the peak resident set size.
    for (const pid of pids) writeFileSync(`/proc/${pid}/clear_refs`, "5");
    return pids.length > 0;
  } catch {
    return false;
  }
}

/** Linux only. Reads the whole table: a millisecond or more. */
export function findTrees(roots: readonly number[]): number[] {
  const parents = new Map<number, number>();
  for (const name of readdirSync("/proc")) {
    if (/^\d+$/.test(name)) parents.set(Number(name), Number(statusOf(Number(name))[1] ?? 0));
  }
  return descendants(roots, parents);
}

/** Linux only. Those that are there, without their descendants. */
export function processesOf(pids: readonly number[]): ProcessUse[] {
  return pids.flatMap((pid) => {
    const fields = statusOf(pid);
    if (fields.length === 0) return [];
    const [user, system, childUser, childSystem] = fields.slice(11, 15).map(Number) as [number, number, number, number];
    const status = read(`/proc/${pid}/status`);
    return [
      {
        pid,
        parent: Number(fields[1]),
        cpuS: (user + system + childUser + childSystem) / ticksPerS,
        residentBytes: kilobytes(status, "VmRSS") * 1024,
        peakBytes: kilobytes(status, "VmHWM") * 1024,
      },
    ];
  });
}

/** What every ps of POSIX tells, macOS's too. */
export function fromPs(roots: readonly number[]): ProcessUse[] {
  const table = execFileSync("ps", ["-A", "-o", "pid=,ppid=,rss=,time="], { encoding: "utf8" });
  const rows = table.split("\n").flatMap((line) => {
    const [pid, parent, kilobytes, time] = line.trim().split(/\s+/);
    if (time === undefined) return [];
    return [
      {
        pid: Number(pid),
        parent: Number(parent),
        cpuS: secondsOf(time),
        residentBytes: Number(kilobytes) * 1024,
        peakBytes: null,
      },
    ];
  });
  const ours = new Set(descendants(roots, new Map(rows.map(({ pid, parent }) => [pid, parent]))));
  return rows.filter(({ pid }) => ours.has(pid));
}

/** `1-02:03:04`, `02:03:04` or, on macOS, `3:04.56`. */
export function secondsOf(time: string): number {
  const [days, clock] = time.includes("-") ? (time.split("-") as [string, string]) : ["0", time];
  return clock.split(":").reduce((sum, part) => sum * 60 + Number(part), 0) + Number(days) * 86_400;
}

function descendants(roots: readonly number[], parents: ReadonlyMap<number, number>): number[] {
  const isOurs = (pid: number): boolean => {
    if (roots.includes(pid)) return true;
    const parent = parents.get(pid) ?? 0;
    return parent > 1 && isOurs(parent);
  };
  return [...parents.keys()].filter(isOurs);
}

const kilobytes = (status: string, name: string) =>
  Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(status)?.[1] ?? 0);

/** Empty for a process that is gone by now. */
function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
