/** What is known of a request whose process was lost: whether it had begun, and what the death says about its input. */
import { HumError, type Stage } from "../core/errors.ts";
import type { ChildExit } from "../platform/child.ts";
import { isStopped } from "../platform/process-state.ts";

/**
 * `crash`: the process ended by a fault of its own, such as a segmentation fault, an exit code, or a stuck IO loop.
 * `stall`: a call into native code did not return in time. `outside`: we or somebody else ended it; SIGKILL is the kernel's
 * when memory runs out, and an operator's. That says nothing of the input.
 */
export type Blame = "crash" | "stall" | "outside";

/** The cause of the HumError `sidecar_lost` that a lost request is rejected with. */
export interface Loss {
  blame: Blame;
  /** Whether the process had the request in work, so that it may have caused the death. */
  begun: boolean;
}

const losses = new WeakMap<HumError, Loss>();

export function lostRequest(message: string, options: Loss & { stage: Stage }): HumError {
  const error = new HumError("sidecar_lost", message, { stage: options.stage });
  losses.set(error, { blame: options.blame, begun: options.begun });
  return error;
}

/** Null for an error that is no lost request. */
export const lossOf = (error: HumError): Loss | null => losses.get(error) ?? null;

const ownFaults = new Set<NodeJS.Signals>([
  "SIGSEGV",
  "SIGABRT",
  "SIGBUS",
  "SIGILL",
  "SIGFPE",
  "SIGTRAP",
  "SIGSYS",
  "SIGXCPU",
]);

/** Of a process that nobody of ours ended. */
export function blameOf(exit: ChildExit): Blame {
  if (exit.signal !== null) return ownFaults.has(exit.signal) ? "crash" : "outside";
  return exit.code === null || exit.code === 0 ? "outside" : "crash";
}

/** Of a process that nobody of ours ended, in words. */
export function describeExit(exit: ChildExit): string {
  if (exit.error !== null) return `it could not be started: ${exit.error}`;
  return exit.signal === null ? `it exited with code ${exit.code}` : `it was ended by ${exit.signal}`;
}

/** Of a process whose IO loop answers no more. Held by a signal, it says nothing of what it had in work. */
export function judgeSilence(pid: number | undefined, silentMs: number): { reason: string; blame: Blame } {
  const held = pid !== undefined && isStopped(pid);
  const why = held ? "a signal from outside has stopped it" : "its IO loop is stuck";
  return { reason: `silent for ${silentMs} ms, ${why}`, blame: held ? "outside" : "crash" };
}

export function describeStall(oldestCallS: number, stallMs: number): string {
  return `a call into its engine runs for ${oldestCallS.toFixed(1)} s, over ${stallMs / 1000} s: it is stuck`;
}
