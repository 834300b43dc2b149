/** A pool: the slots that serve one purpose (one model, or decoding), and the choice among them. */
import { HumError } from "../core/errors.ts";
import type { SlotStatus } from "../core/readiness.ts";
import type { Sidecar } from "./sidecar.ts";
import type { Slot } from "./slot.ts";

export interface Pool {
  status(): SlotStatus[];
  /** The least loaded sidecar with free credit, or null; never `except`. */
  pick(except?: Sidecar | null): Sidecar | null;
  /** Resolves when a slot is ready, rejects with `failure()` once all are given up. */
  ready(): Promise<void>;
  /** Why no slot will take a job soon: all were given up or stopped. Null while there is hope. */
  failure(): HumError | null;
  /** Called for as long as the pool lives, whenever capacity or state may have changed. */
  onChange(listener: () => void): void;
  start(): void;
  /** `reason` is what the ends of its processes are told with. */
  stop(reason: string): Promise<void>;
}

/** `makeSlot` gets the function that the slot calls at every change. */
export function createPool(
  name: string,
  options: { size: number; makeSlot: (index: number, onChange: () => void) => Slot },
): Pool {
  const listeners = new Set<() => void>();
  const notify = () => {
    for (const listener of listeners) listener();
  };
  const slots = Array.from({ length: options.size }, (_, index) => options.makeSlot(index, notify));

  function failure(): HumError | null {
    const states = slots.map((slot) => slot.status());
    if (states.some((status) => status.state !== "failed" && status.state !== "stopped")) return null;
    const reason = states[0]?.reason ?? "it was stopped";
    return new HumError("loading", `${name} cannot be served now: ${reason}`, { stage: "load" });
  }

  return {
    status: () => slots.map((slot) => slot.status()),
    pick(except = null) {
      let best: Sidecar | null = null;
      for (const slot of slots) {
        const sidecar = slot.sidecar();
        if (sidecar === null || sidecar === except || sidecar.free() <= 0) continue;
        if (best === null || sidecar.inFlight() < best.inFlight()) best = sidecar;
      }
      return best;
    },
    failure,
    ready() {
      const settle = Promise.withResolvers<void>();
      const look = () => {
        const failed = failure();
        if (failed !== null) settle.reject(failed);
        else if (slots.some((slot) => slot.status().state === "ready")) settle.resolve();
      };
      listeners.add(look);
      look();
      return settle.promise.finally(() => listeners.delete(look));
    },
    onChange: (listener) => void listeners.add(listener),
    start() {
      for (const slot of slots) slot.start();
    },
    async stop(reason) {
      await Promise.all(slots.map((slot) => slot.stop(reason)));
    },
  };
}
