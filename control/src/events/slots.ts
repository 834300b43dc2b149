/** What happens to a slot as events of the system stream: the sidecar's own, and the model's that it serves. */
import type { SlotObserver } from "../core/slot.ts";
import type { EventData } from "./catalogue.ts";
import type { Feed } from "./feed.ts";

/** What was asked for, until the sidecar says what it got. */
export interface Placement {
  device: string;
  compute_type: string;
}

type Loaded = Omit<EventData<"model.unloaded">, "reason">;

export function createSlotTeller(feed: Pick<Feed, "system">, placement: Placement): SlotObserver {
  /** What each slot's process holds: its ending tells neither that nor whether it ever was ready. */
  const loadedBy = new Map<string, Loaded>();

  function tellUnloaded(slot: string, reason: string): void {
    const loaded = loadedBy.get(slot);
    if (loaded !== undefined) feed.system("model.unloaded", loaded.model, { ...loaded, reason });
    loadedBy.delete(slot);
  }

  return ({ name: slot, model }, event) => {
    switch (event.type) {
      case "started":
        feed.system("sidecar.started", slot, { slot, pid: event.pid });
        if (model !== null) feed.system("model.loading", model, { model, ...placement });
        return;
      case "ready":
        feed.system("sidecar.ready", slot, { slot, pid: event.pid, versions: event.versions });
        if (event.model !== null) {
          const { device, compute_type } = event.model;
          const { load_s, memory_bytes } = event;
          const loaded = { model: event.model.name, device, compute_type };
          feed.system("model.loaded", loaded.model, { ...loaded, load_s, memory_bytes });
          loadedBy.set(slot, loaded);
        }
        return;
      case "crashed": {
        const { pid, exit_code, signal, in_flight: inflight } = event;
        feed.system("sidecar.crashed", slot, { slot, pid, exit_code, signal, inflight });
        if (model !== null && !event.was_ready) {
          feed.system("model.load_failed", model, { model, ...placement, reason: event.reason });
        }
        tellUnloaded(slot, event.reason);
        return;
      }
      case "restarting":
        feed.system("sidecar.restarted", slot, { slot, pid: event.pid, backoff_s: event.backoff_s });
        return;
      case "quarantined":
      case "stopped": {
        const { pid, exit_code, signal } = event;
        feed.system(`sidecar.${event.type}`, slot, { slot, pid, exit_code, signal });
        tellUnloaded(slot, event.reason);
        return;
      }
    }
  };
}
