/** Processes as tests look at them from outside. */
import { readFileSync } from "node:fs";

/**
 * Whether a process of this id runs. One that has ended stays in the table until its parent has asked how, and an
 * orphan's new parent may take seconds for that.
 */
export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  if (process.platform !== "linux") return true;
  const [state] = statusOf(pid);
  return state !== undefined && state !== "Z";
}

/** State, parent and so on; empty for a process that is not there. */
export function statusOf(pid: number): string[] {
  try {
    // The command's name stands in brackets and may hold spaces; what is wanted comes after it (proc(5), stat).
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
  }
}
