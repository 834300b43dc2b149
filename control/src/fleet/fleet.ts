/** The fleet: the decoder pool, and one engine pool per model, started when the model is first asked for. */
import type { Config } from "../core/config.ts";
import type { Log } from "../core/log.ts";
import type { Metrics } from "../core/metrics.ts";
import type { ModelEntry } from "../core/model.ts";
import { type SlotStatus, slotStates } from "../core/readiness.ts";
import type { SlotObserver } from "../core/slot.ts";
import type { Layout, Tuning } from "../core/tuning.ts";
import type { Link } from "../wire/link.ts";
import { type Role, roles, type ToSidecar } from "../wire/messages.ts";
import { chooseLayout } from "./layout.ts";
import { createRestartPolicy } from "./policy.ts";
import { createPool, type Pool } from "./pool.ts";
import { spawnSidecar } from "./process.ts";
import { createSidecar } from "./sidecar.ts";
import { relayLine } from "./sidecar-log.ts";
import { createSlot } from "./slot.ts";

export interface FleetOptions {
  config: Config;
  /** Directory that holds the package hum_sidecar. */
  packageDir: string;
  link: Link;
  log: Log;
  metrics: Metrics;
  observe: SlotObserver;
  /** What was measured on this machine, if anything was. */
  tuning?: Tuning | null;
  /** For tests. */
  coolDownMs?: number;
}

const defaultCoolDownMs = 30_000;

export interface Fleet {
  readonly decoders: Pool;
  /** Starts the model's processes on the first call. */
  engines(model: ModelEntry): Pool;
  status(): SlotStatus[];
  stop(): Promise<void>;
}

export function createFleet(options: FleetOptions): Fleet {
  const { config, link, log, metrics } = options;
  const layout = chooseLayout(config.engine, { tuning: options.tuning ?? null });
  const pools = new Map<string, Pool>();

  const decoders = openPool("decoder", { role: "decoder", model: null, size: config.decoder.sidecars, load: null });

  function openPool(name: string, spec: { role: Role; model: string | null; size: number; load: Load | null }): Pool {
    const pool = createPool(name, {
      size: spec.size,
      makeSlot(index, onChange) {
        const identity = { name: `${name}-${index}`, role: spec.role, model: spec.model };
        return createSlot({
          ...identity,
          policy: createRestartPolicy({
            backoffMs: config.restart.backoff_s * 1000,
            maxBackoffMs: config.restart.max_backoff_s * 1000,
            maxFailures: config.restart.max_failures,
          }),
          coolDownMs: options.coolDownMs ?? defaultCoolDownMs,
          log,
          onChange,
          onEvent(event) {
            if (event.type === "restarting") metrics.sidecarRestarts.inc({ role: spec.role });
            options.observe(identity, event);
          },
          create: (incarnation, changed) => openSidecar(incarnation, { ...spec, slot: identity.name, changed }),
        });
      },
    });
    pools.set(name, pool);
    pool.onChange(countSlots);
    pool.start();
    return pool;
  }

  function openSidecar(identity: string, spec: { role: Role; slot: string; load: Load | null; changed: () => void }) {
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
          environment: spec.role === "engine" ? layout.environment : {},
          onLine: (line) => relayLine(log, { identity, line }),
        }),
      helloTimeoutMs: config.liveness.hello_timeout_s * 1000,
      loadTimeoutMs: config.engine.load_timeout_s * 1000,
      pingIntervalMs: config.liveness.ping_interval_s * 1000,
      missedPings: config.liveness.missed_pings,
      stopGraceMs: config.liveness.stop_grace_s * 1000,
      stallMs: (spec.role === "engine" ? config.liveness.engine_stall_s : config.liveness.decoder_stall_s) * 1000,
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

  const status = () => [...pools.values()].flatMap((pool) => pool.status());

  return {
    decoders,
    engines(model) {
      const name = poolName(model);
      const known = pools.get(name);
      if (known !== undefined) return known;
      const load = loadMessage(model, { config, layout });
      return openPool(name, { role: "engine", model: model.name, size: config.engine.sidecars, load });
    },
    status,
    async stop() {
      await Promise.all([...pools.values()].map((pool) => pool.stop()));
    },
  };
}

type Load = Extract<ToSidecar, { type: "load" }>;

/** Encoded and not replaced: two models must never share an identity on the wire. */
const poolName = (model: ModelEntry) => `engine-${encodeURIComponent(model.name)}`;

function loadMessage(model: ModelEntry, { config, layout }: { config: Config; layout: Layout }): Load {
  return {
    type: "load",
    model: model.name,
    revision: model.revision,
    engine: model.engine,
    path: model.path,
    device: config.engine.device,
    compute_type: config.engine.compute_type,
    workers: layout.workers,
    threads_per_worker: layout.threads_per_worker,
    encode_threads: layout.encode_threads,
    max_batch: config.engine.max_batch,
    slots: config.engine.slots,
  };
}
