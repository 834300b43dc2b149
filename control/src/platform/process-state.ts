/** What the system says a process is doing, beside what the process says itself. */
import { readFileSync } from "node:fs";

/** Whether a signal or a debugger holds it, as proc(5) has it; false where the system does not tell. */
export function isStopped(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // Behind the name, which may hold anything.
    return "Tt".includes(stat.charAt(stat.lastIndexOf(")") + 2));
  } catch {
    return false;
  }
}
