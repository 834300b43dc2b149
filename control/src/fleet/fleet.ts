/** The fleet: the decoder pool, and a pool of engines for each model that is in memory. */
import { totalmem } from "node:os";
import type { Clock } from "../core/clock.ts";
import type { Config } from "../core/config.ts";
import type { Log } from "../core/log.ts";
import type { Metrics } from "../core/metrics.ts";
import type { ModelEntry } from "../core/model.ts";
import { type SlotStatus, slotStates } from "../core/readiness.ts";
import type { Placement, Residence } from "../core/residence.ts";
import type { SlotObserver } from "../core/slot.ts";
import type { Layout, Tuning } from "../core/tuning.ts";
import type { Link } from "../wire/link.ts";
import { type Role, roles, type ToSidecar } from "../wire/messages.ts";
import { estimateFootprint, weightBytesOf } from "./footprint.ts";
import { findGpus, placeProcesses } from "./gpus.ts";
import { chooseLayout } from "./layout.ts";
import { createRestartPolicy } from "./policy.ts";
import { createPool, type Pool } from "./pool.ts";
import { spawnSidecar } from "./process.ts";
import { createResidents, type Residents } from "./residents.ts";
import { createSidecar } from "./sidecar.ts";
import { relayLine } from "./sidecar-log.ts";
import { createSlot } from "./slot.ts";

export interface FleetOptions {
  config: Config;
  /** Directory that holds the package hum_sidecar. */
  packageDir: string;
  link: Link;
  clock: Clock;
  log: Log;
  metrics: Metrics;
  observe: SlotObserver;
  /** What was measured on this machine, if anything was. */
  tuning?: Tuning | null;
  /** Names of models that stay in memory although they are idle. */
  pinned?: ReadonlySet<string>;
}

export interface Fleet extends Residence, Pick<Residents, "use"> {
  readonly decoders: Pool;
  status(): SlotStatus[];
  /** How many more jobs the model's engines would take now. */
  free(model: string): number;
  stop(): Promise<void>;
}

/** What one pool's processes have in common. */
interface PoolSpec {
  role: Role;
  model: string | null;
  load: Load | null;
  environment: Layout["environment"];
  /** One process for each, with the GPU that it has for itself. */
  places: readonly (string | null)[];
  coolDownMs: number;
}

const decoderCoolDownMs = 30_000;
/** Of the machine's memory, where the configuration names no bound: the rest is for everything else on it. */
const shareForModels = 0.7;

export function createFleet(options: FleetOptions): Fleet {
  const { config, link, log, metrics } = options;
  const gpus = findGpus();
  /** A name may come again after its pool was stopped, while a process of that pool still ends. */
  const incarnations = new Map<string, number>();

  const decoders = openPool("decoder", {
    role: "decoder",
    model: null,
    load: null,
    environment: {},
    places: Array.from({ length: config.decoder.sidecars }, () => null),
    coolDownMs: Math.min(decoderCoolDownMs, config.models.load_cool_down_s * 1000),
  });
  const residents = createResidents({
    clock: options.clock,
    ttlMs: config.models.ttl_s === null ? null : config.models.ttl_s * 1000,
    memoryBytes: config.models.memory_bytes || Math.floor(totalmem() * shareForModels),
    pinned: options.pinned ?? new Set(),
    placement: { device: config.engine.device, compute_type: config.engine.compute_type },
    estimateBytes: estimateFootprint,
    open(model, placement) {
      const layout = chooseLayout(config.engine, {
        tuning: options.tuning ?? null,
        weightBytes: weightBytesOf(model),
      });
      const places = placeProcesses({ device: placement.device, sidecars: config.engine.sidecars, gpus });
      return openPool(poolName(model), {
        role: "engine",
        model: model.name,
        load: loadMessage(model, { config, placement, layout, onGpu: places.some((gpu) => gpu !== null) }),
        environment: layout.environment,
        places,
        coolDownMs: config.models.load_cool_down_s * 1000,
      });
    },
  });

  function openPool(name: string, spec: PoolSpec): Pool {
    const pool = createPool(name, {
      size: spec.places.length,
      makeSlot(index, onChange) {
        const identity = { name: `${name}-${index}`, role: spec.role, model: spec.model };
        return createSlot({
          ...identity,
          policy: createRestartPolicy({
            backoffMs: config.restart.backoff_s * 1000,
            maxBackoffMs: config.restart.max_backoff_s * 1000,
            maxFailures: config.restart.max_failures,
          }),
          coolDownMs: spec.coolDownMs,
          log,
          onChange,
          onEvent(event) {
            if (event.type === "restarting") metrics.sidecarRestarts.inc({ role: spec.role });
            options.observe(identity, event);
          },
          identify: () => nextIdentity(identity.name),
          create: (routingId, changed) =>
            openSidecar(routingId, { ...spec, slot: identity.name, gpu: spec.places[index] ?? null, changed }),
        });
      },
    });
    pool.onChange(countSlots);
    pool.start();
    return pool;
  }

  function nextIdentity(slot: string): string {
    const incarnation = (incarnations.get(slot) ?? 0) + 1;
    incarnations.set(slot, incarnation);
    return `${slot}.${incarnation}`;
  }

  function openSidecar(identity: string, spec: PoolSpec & { slot: string; gpu: string | null; changed: () => void }) {
    const { liveness } = config;
    return createSidecar({
      identity,
      link,
      load: spec.load,
      spawn: () =>
        spawnSidecar({
          python: config.python,
          packageDir: options.packageDir,
          role: spec.role,
          endpoint: link.endpoint,
          identity,
          environment: spec.environment,
          gpu: spec.gpu,
          onLine: (line) => relayLine(log, { identity, line }),
        }),
      helloTimeoutMs: liveness.hello_timeout_s * 1000,
      loadTimeoutMs: config.engine.load_timeout_s * 1000,
      pingIntervalMs: liveness.ping_interval_s * 1000,
      missedPings: liveness.missed_pings,
      stopGraceMs: liveness.stop_grace_s * 1000,
      stallMs: (spec.role === "engine" ? liveness.engine_stall_s : liveness.decoder_stall_s) * 1000,
      log,
      onChange: spec.changed,
      onRefused: (reason) => metrics.wireRefused.inc({ reason }),
      onUsage(usage) {
        metrics.sidecarMemory.set({ slot: spec.slot }, usage.rss_bytes);
        metrics.sidecarBusy.set({ slot: spec.slot }, usage.busy_s);
      },
    });
  }

  function countSlots() {
    const counts = new Map<string, number>();
    for (const { role, state } of status()) counts.set(`${role} ${state}`, (counts.get(`${role} ${state}`) ?? 0) + 1);
    for (const role of roles) {
      for (const state of slotStates) metrics.slots.set({ role, state }, counts.get(`${role} ${state}`) ?? 0);
    }
  }

  const status = () => [decoders, ...residents.pools()].flatMap((pool) => pool.status());

  return {
    decoders,
    use: residents.use,
    load: residents.load,
    unload: residents.unload,
    loaded: residents.loaded,
    status,
    free: (model) =>
      status()
        .filter((slot) => slot.model === model && slot.state === "ready")
        .reduce((sum, { credit, in_flight }) => sum + Math.max(0, credit - in_flight), 0),
    async stop() {
      await Promise.all([decoders.stop("stopped"), residents.stop()]);
    },
  };
}

type Load = Extract<ToSidecar, { type: "load" }>;

/** Encoded and not replaced: two models must never share an identity on the wire. */
const poolName = (model: ModelEntry) => `engine-${encodeURIComponent(model.name)}`;

function loadMessage(
  model: ModelEntry,
  options: { config: Config; placement: Placement; layout: Layout; onGpu: boolean },
): Load {
  const { engine } = options.config;
  const { workers, threads_per_worker, encode_threads } = options.layout;
  return {
    type: "load",
    model: model.name,
    revision: model.revision,
    engine: model.engine,
    path: model.path,
    ...options.placement,
    // The layout is about cores; what a GPU wants, the engine knows.
    workers: options.onGpu ? engine.workers : workers,
    threads_per_worker,
    encode_threads: options.onGpu ? 0 : encode_threads,
    max_batch: engine.max_batch,
    slots: engine.slots,
  };
}
