/** Processes as tests look at them from outside. */
import { readdirSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
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

/**
 * SIGSTOP to the process group that `leader` leads; resolves when each of its threads has stopped. Until the system has found
 * the time for that, a broker with several threads goes on to answer.
 */
export async function freezeGroup(leader: number): Promise<void> {
  process.kill(-leader, "SIGSTOP");
  if (process.platform !== "linux") return;
  while (!membersOf(leader).every(isFrozen)) await delay(1);
}

function membersOf(leader: number): number[] {
  const pids = readdirSync("/proc").map(Number);
  return pids.filter((pid) => Number.isInteger(pid) && statusOf(pid)[2] === String(leader));
}

function isFrozen(pid: number): boolean {
  try {
    const threads = readdirSync(`/proc/${pid}/task`).map(Number);
    return threads.every((thread) => /^[TtZX]?$/.test(statusOf(thread)[0] ?? ""));
  } catch {
    // It is no more.
    return true;
  }
}
