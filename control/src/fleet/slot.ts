/** A slot: one place for a sidecar, refilled with a new incarnation after a death as the restart policy allows. */
import type { Log } from "../core/log.ts";
import type { SlotState, SlotStatus } from "../core/readiness.ts";
import type { SlotEvent, SlotIdentity } from "../core/slot.ts";
import type { RestartPolicy } from "./policy.ts";
import type { Death, Sidecar } from "./sidecar.ts";

export interface SlotOptions extends SlotIdentity {
  /** A routing id that no process had before, so that a predecessor's stale messages fall away. */
  identify: () => string;
  create: (identity: string, onChange: () => void) => Sidecar;
  policy: RestartPolicy;
  /** How long a slot that was given up stays so before it is tried again; each time in a row doubles it. */
  coolDownMs: number;
  log: Log;
  onEvent: (event: SlotEvent) => void;
  /** State, credit or load changed. */
  onChange: () => void;
}

export interface Slot {
  status(): SlotStatus;
  /** The process that is in it now; null while it waits for its next one or is given up. */
  sidecar(): Sidecar | null;
  start(): void;
  /** `reason` is what the end of its process is told with. */
  stop(reason: string): Promise<void>;
}

/** From half a minute to a quarter of an hour: a broken model costs little, and one that was mended comes back. */
const maxDoublings = 5;

export function createSlot(options: SlotOptions): Slot {
  let current: Sidecar | null = null;
  let incarnation = 0;
  let restartTimer: NodeJS.Timeout | null = null;
  let state: "running" | "backoff" | "failed" | "stopped" = "stopped";
  let reason: string | null = null;
  let stopReason = "stopped";
  let toldReady = false;
  /** Times that it was given up since a job was last finished. */
  let givenUp = 0;

  function changed() {
    const ready = current?.announced() ?? null;
    if (current !== null && ready !== null && !toldReady) {
      toldReady = true;
      reason = null;
      options.onEvent({
        type: "ready",
        pid: current.pid,
        versions: current.versions(),
        load_s: ready.load_s,
        memory_bytes: ready.memory_bytes,
        model: ready.model,
      });
    }
    options.onChange();
  }

  function start() {
    restartTimer = null;
    incarnation += 1;
    toldReady = false;
    state = "running";
    // The first change may come before `create` returns.
    const sidecar = options.create(options.identify(), () => queueMicrotask(changed));
    current = sidecar;
    options.onEvent({ type: "started", pid: sidecar.pid });
    void sidecar.died.then((death) => mourn(sidecar, death));
  }

  function mourn(sidecar: Sidecar, death: Death) {
    const { pid } = sidecar;
    const ending = { pid, reason: death.reason, exit_code: death.exit.code, signal: death.exit.signal };
    current = null;
    if (state === "stopped") {
      options.onEvent({ type: "stopped", ...ending, reason: stopReason });
      return options.onChange();
    }
    reason = death.reason;
    options.log.warn({ slot: options.name, pid, reason }, "sidecar died");
    options.onEvent({ type: "crashed", ...ending, was_ready: death.wasReady, in_flight: death.inFlight });
    if (death.finishedJobs > 0) givenUp = 0;
    const verdict = options.policy.judge(death);
    if (verdict.respawn) {
      state = "backoff";
      options.onEvent({ type: "restarting", pid, backoff_s: verdict.delayMs / 1000 });
      restartTimer = setTimeout(start, verdict.delayMs);
    } else {
      state = "failed";
      reason = `${verdict.reason}: ${death.reason}`;
      options.log.error({ slot: options.name, reason }, "slot given up");
      options.onEvent({ type: "quarantined", ...ending, reason });
      if (!death.permanent) coolDown(pid);
    }
    options.onChange();
  }

  function coolDown(pid: number | null) {
    const coolDownMs = options.coolDownMs * 2 ** Math.min(givenUp, maxDoublings);
    givenUp += 1;
    options.onEvent({ type: "restarting", pid, backoff_s: coolDownMs / 1000 });
    restartTimer = setTimeout(() => {
      options.policy.forgive();
      start();
    }, coolDownMs);
  }

  async function stop(why: string) {
    stopReason = why;
    if (restartTimer !== null) clearTimeout(restartTimer);
    state = "stopped";
    // Where no process is left to end, nobody else would tell those who wait for this slot.
    if (current === null) options.onChange();
    await current?.stop();
  }

  function shownState(): SlotState {
    if (state !== "running") return state;
    const shown = current?.state() ?? "starting";
    // Dead, and the policy has not judged it yet.
    return shown === "stopped" ? "backoff" : shown;
  }

  function status(): SlotStatus {
    return {
      slot: options.name,
      role: options.role,
      model: options.model,
      state: shownState(),
      pid: current?.pid ?? null,
      restarts: Math.max(0, incarnation - 1),
      in_flight: current?.inFlight() ?? 0,
      credit: current?.announced()?.slots ?? 0,
      memory_bytes: current?.memoryBytes() ?? null,
      reason,
    };
  }

  return { status, sidecar: () => current, start, stop };
}
