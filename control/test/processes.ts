/** Processes as tests look at them from outside. */

/** Whether a process of this id is there. */
export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
