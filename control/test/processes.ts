/** Processes as tests look at them from outside. */
import { statusOf } from "../src/platform/process-state.ts";

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
