/** What the system says a process is doing, beside what the process says itself. */
import { readFileSync } from "node:fs";

/** proc(5)'s stat from its third field on: state, parent and so on. Empty where there is no such process, or no /proc. */
export function statusOf(pid: number): string[] {
  try {
    // The command's name stands in brackets and may hold spaces; what is wanted comes after it.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  } catch {
    return [];
  }
}

/** Whether a signal or a debugger holds it; false where the system does not tell. */
export function isStopped(pid: number): boolean {
  const [state] = statusOf(pid);
  return state === "T" || state === "t";
}
