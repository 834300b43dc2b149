/** The models that are in memory: loaded on demand, and unloaded when idle, by request, or to make room for another. */
import type { Clock } from "../core/clock.ts";
import { HumError } from "../core/errors.ts";
import type { ModelEntry } from "../core/model.ts";
import type { Placement, Residence } from "../core/residence.ts";
import type { Pool } from "./pool.ts";

/** The use of a model by one job: it stays in memory until its last lease is released. */
export interface Lease {
  readonly pool: Pool;
  /** Idempotent. */
  release(): void;
}

export interface Residents extends Residence {
  /**
   * Loads the model where it is not in memory yet; its pool may still be loading. Concurrent calls load it once.
   * Throws HumError `overloaded` where there is no room and nothing can be unloaded, `loading` where there never will be.
   */
  use(model: ModelEntry, placement?: Partial<Placement>): Promise<Lease>;
  pools(): Pool[];
  stop(): Promise<void>;
}

export interface ResidentsOptions {
  clock: Clock;
  /** Null keeps idle models. */
  ttlMs: number | null;
  memoryBytes: number;
  /** Models that stay although they are idle, by name. */
  pinned: ReadonlySet<string>;
  /** What is used where a request names no place. */
  placement: Placement;
  /** Starts the model's processes. */
  open: (model: ModelEntry, placement: Placement) => Pool;
  estimateBytes: (model: ModelEntry) => number;
}

interface Resident {
  model: ModelEntry;
  placement: Placement;
  pool: Pool;
  users: number;
  idleSinceMs: number;
  /** Asked to go as soon as nobody uses it. */
  leaving: boolean;
  timer: NodeJS.Timeout | undefined;
}

export function createResidents(options: ResidentsOptions): Residents {
  const { clock, ttlMs, memoryBytes, pinned } = options;
  const residents = new Map<string, Resident>();
  const stopping = new Set<Promise<void>>();
  /** Loads go one after the other, so that each sees the room that the one before has left. */
  let opening: Promise<unknown> = Promise.resolve();
  let stopped = false;

  const bytesOf = ({ model, pool }: Resident) =>
    Math.max(
      options.estimateBytes(model),
      pool.status().reduce((sum, slot) => sum + (slot.memory_bytes ?? 0), 0),
    );

  async function reside(model: ModelEntry, placement: Placement): Promise<Resident> {
    for (let known = residents.get(model.name); ; known = residents.get(model.name)) {
      if (known !== undefined) return known;
      const turn = opening.then(() => open(model, placement));
      opening = turn.catch(() => undefined);
      await turn;
    }
  }

  async function open(model: ModelEntry, placement: Placement): Promise<void> {
    if (residents.has(model.name)) return;
    await makeRoom(model);
    if (stopped)
      throw new HumError("overloaded", "this server is stopping and loads no more models", { stage: "load" });
    const pool = options.open(model, placement);
    const idleSinceMs = clock.monotonicMs();
    residents.set(model.name, { model, placement, pool, users: 0, idleSinceMs, leaving: false, timer: undefined });
  }

  async function makeRoom(model: ModelEntry): Promise<void> {
    const neededBytes = options.estimateBytes(model);
    if (neededBytes > memoryBytes) throw noRoom(model, { neededBytes, memoryBytes, code: "loading" });
    for (;;) {
      const usedBytes = residents.values().reduce((sum, resident) => sum + bytesOf(resident), 0);
      if (usedBytes + neededBytes <= memoryBytes) return;
      const [victim] = [...residents.values()]
        .filter((resident) => resident.users === 0 && !pinned.has(resident.model.name))
        .toSorted((a, b) => a.idleSinceMs - b.idleSinceMs);
      if (victim === undefined) throw noRoom(model, { neededBytes, memoryBytes, code: "overloaded" });
      await remove(victim, `evicted to make room for ${model.name}`);
    }
  }

  /** From here on a request for it loads it anew, beside what still ends. */
  async function remove(resident: Resident, reason: string): Promise<void> {
    clearTimeout(resident.timer);
    residents.delete(resident.model.name);
    const end = resident.pool.stop(reason);
    stopping.add(end);
    await end;
    stopping.delete(end);
  }

  function lease(resident: Resident): Lease {
    resident.users += 1;
    clearTimeout(resident.timer);
    let released = false;
    return {
      pool: resident.pool,
      release() {
        if (released) return;
        released = true;
        resident.users -= 1;
        if (resident.users === 0) rest(resident);
      },
    };
  }

  function rest(resident: Resident): void {
    if (residents.get(resident.model.name) !== resident) return;
    resident.idleSinceMs = clock.monotonicMs();
    if (resident.leaving) void remove(resident, "unloaded by request");
    else if (ttlMs !== null && !pinned.has(resident.model.name)) {
      const reason = `idle for ${ttlMs / 1000} s`;
      resident.timer = setTimeout(() => void remove(resident, reason), ttlMs);
    }
  }

  const use: Residents["use"] = async (model, placement) => {
    const resident = await reside(model, { ...options.placement, ...placement });
    // Somebody wants it again.
    resident.leaving = false;
    return lease(resident);
  };

  return {
    use,
    async load(model, placement) {
      const asked = { ...options.placement, ...placement };
      const known = residents.get(model.name);
      const fits = known === undefined || placement === undefined || isSame(known.placement, asked);
      if (known !== undefined && !fits) {
        if (known.users > 0) throw inUse(known);
        await remove(known, `loaded anew on ${asked.device} with ${asked.compute_type}`);
      }
      const held = await use(model, asked);
      try {
        await held.pool.ready();
      } finally {
        held.release();
      }
      return known === undefined ? "loaded" : fits ? "already_loaded" : "reloaded";
    },
    async unload(model) {
      const resident = residents.get(model.name);
      if (resident === undefined) return "not_loaded";
      if (resident.users > 0) {
        resident.leaving = true;
        return "unloading";
      }
      await remove(resident, "unloaded by request");
      return "unloaded";
    },
    loaded: () =>
      [...residents.values()].map((resident) => {
        const { model, pool, users, timer } = resident;
        const slots = pool.status();
        const idleMs = users > 0 ? null : clock.monotonicMs() - resident.idleSinceMs;
        const expires = idleMs !== null && ttlMs !== null && timer !== undefined && !pinned.has(model.name);
        return {
          model: model.name,
          ...resident.placement,
          state: slots.some(({ state }) => state === "ready") ? "ready" : (slots[0]?.state ?? "starting"),
          pinned: pinned.has(model.name),
          in_use: users,
          idle_s: idleMs === null ? null : idleMs / 1000,
          expires_in_s: expires ? Math.max(0, ttlMs - idleMs) / 1000 : null,
          memory_bytes: slots.reduce((sum, slot) => sum + (slot.memory_bytes ?? 0), 0),
          slots: slots.map(({ slot }) => slot),
        };
      }),
    pools: () => [...residents.values()].map(({ pool }) => pool),
    async stop() {
      stopped = true;
      await opening;
      await Promise.all([...[...residents.values()].map((resident) => remove(resident, "stopped")), ...stopping]);
    },
  };
}

const isSame = (a: Placement, b: Placement) => a.device === b.device && a.compute_type === b.compute_type;

function inUse({ model, placement, users }: Resident): HumError {
  const { device, compute_type } = placement;
  const message = `model ${model.name} is in use by ${users} jobs on ${device} with ${compute_type}; ask again when they have ended`;
  return new HumError("overloaded", message, { stage: "load" });
}

function noRoom(
  model: ModelEntry,
  options: { neededBytes: number; memoryBytes: number; code: "loading" | "overloaded" },
): HumError {
  const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`;
  const facts = `model ${model.name} needs about ${megabytes(options.neededBytes)} of ${megabytes(options.memoryBytes)} for models`;
  const why = options.code === "loading" ? "raise models.memory_bytes" : "what else is loaded is in use or pinned";
  return new HumError(options.code, `${facts}: ${why}`, { stage: "load", retryable: options.code === "overloaded" });
}
