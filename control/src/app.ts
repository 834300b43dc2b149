/** The composition root: the only file that constructs the parts of a running node and connects them. */
import { join } from "node:path";
import { createAnnouncer } from "./bench/announce.ts";
import { runBenchmark } from "./bench/runner/harness.ts";
import { createBenchmarks } from "./bench/service.ts";
import { settingsOf } from "./bench/suts/context.ts";
import { createCatalogue } from "./core/catalogue.ts";
import { checkoutRoot, version } from "./core/checkout.ts";
import { systemClock } from "./core/clock.ts";
import type { Config } from "./core/config.ts";
import { createLog, type Log } from "./core/log.ts";
import { createMetrics } from "./core/metrics.ts";
import { judgeReadiness, type Readiness } from "./core/readiness.ts";
import { readTuning } from "./core/tuning.ts";
import { type EmbeddedRedis, startEmbeddedRedis } from "./events/embedded.ts";
import { createFeed } from "./events/feed.ts";
import { createSink } from "./events/sinks/create.ts";
import { createRedisSink } from "./events/sinks/redis.ts";
import { createSlotTeller } from "./events/slots.ts";
import { openSpool } from "./events/spool/spool.ts";
import { createFleet } from "./fleet/fleet.ts";
import { packageDirOf } from "./fleet/process.ts";
import { createHttpServer } from "./http/server.ts";
import { createSource } from "./ingress/create.ts";
import { createGate } from "./ingress/gate.ts";
import { createIngress } from "./ingress/ingress.ts";
import { createRedisSource } from "./ingress/redis.ts";
import type { CommandSource } from "./ingress/source.ts";
import { createScheduler } from "./jobs/scheduler.ts";
import { openDirectories } from "./platform/directories.ts";
import { openLink } from "./wire/link.ts";

export interface App {
  /** Where HTTP is served. */
  readonly url: string;
  /** Where subscribers reach the events: the embedded server's subscriber, or the configured URL. */
  readonly subscriberUrl: string;
  /** Resolves when the default model can transcribe, rejects when its processes were given up. */
  readonly ready: Promise<void>;
  readiness(): Readiness;
  /** Lets accepted requests finish, then ends every process; idempotent. */
  stop(): Promise<void>;
}

/**
 * How long each step of a stop may take: accepted jobs, their answers, held events. With the sidecars' own ladder (twice
 * the default stop_grace_s) and the embedded server's it stays below the 30 s that compose.yaml allows.
 */
const patience = { jobsMs: 10_000, answersMs: 2_000, eventsMs: 5_000 };

export async function startApp(config: Config, options: { log?: Log } = {}): Promise<App> {
  const log = options.log ?? createLog({ level: config.log.level, readable: process.stderr.isTTY });
  // Undone in reverse, at a stop and where the start itself fails half way.
  await using undo = new AsyncDisposableStack();

  const metrics = createMetrics();
  const catalogue = createCatalogue(config);
  const { defaultModel } = catalogue;
  const preloaded = config.models.preload.map((name) => catalogue.resolve(name));
  const directories = openDirectories(config.data_dir);
  undo.defer(directories.release);
  const packageDir = packageDirOf(checkoutRoot);

  const bus = await openBus(config, { runtimeDir: directories.runtime, packageDir, log });
  undo.defer(bus.stop);
  const spool = await openSpool({ config, clock: systemClock, log });
  undo.defer(spool.stop);
  const redis = { ...config.events.redis, sink: createRedisSink({ ...config.events.redis, url: bus.url }) };
  const context = { node: config.events.node, log, version };
  const others = config.events.sinks.map(async (settings) => ({
    ...settings,
    sink: await createSink(settings, context),
  }));
  const subscriptions = [redis, ...(await Promise.all(others))];
  const feed = createFeed({ config, clock: systemClock, log, metrics, spool, subscriptions });
  feed.start();
  // Those that came by a command go on here or in another node.
  const takesCommands = config.commands.redis || config.commands.sources.length > 0;
  feed.endInterrupted(({ causationId }) => causationId !== null && takesCommands);
  undo.defer(() => feed.stop(patience.eventsMs));
  // Nothing to tell until the start is told.
  let tellStopped = () => {};
  undo.defer(() => tellStopped());

  const link = await openLink({
    socketPath: join(directories.runtime, "wire.sock"),
    onStray: (identity) => log.debug({ identity }, "a frame of a sidecar that is gone"),
    onFault: (identity, err) => log.error({ identity, err }, "a message could not be handled"),
  });
  undo.defer(link.close);
  const { device, compute_type } = config.engine;
  const fleet = createFleet({
    config,
    packageDir,
    link,
    clock: systemClock,
    log,
    metrics,
    pinned: new Set([defaultModel, ...preloaded].map(({ name }) => name)),
    tuning: readTuning(config.data_dir),
    observe: createSlotTeller(feed, { device, compute_type }),
  });
  undo.defer(fleet.stop);
  const engineRoom = () => fleet.status().reduce((sum, slot) => sum + (slot.role === "engine" ? slot.credit : 0), 0);
  const nodeFacts = () => ({
    version,
    capacity: engineRoom(),
    spool_depth: feed.depth(),
  });
  const gate = createGate(feed);
  const scheduler = createScheduler({
    config,
    catalogue,
    fleet,
    scratchDir: directories.scratch,
    clock: systemClock,
    metrics,
    log,
    observe: gate.observe,
    admitEvents: feed.admit,
    onOverload: () => feed.system("node.overloaded", config.events.node, nodeFacts()),
  });
  const ingress = createIngress({
    config,
    clock: systemClock,
    log,
    metrics,
    catalogue,
    spool,
    feed,
    gate,
    scheduler,
    sources: await openSources(config, { url: bus.url, consumer: `${config.events.node}-${spool.id}` }),
    openJobs: spool.openJobs.filter(({ causationId }) => causationId !== null),
    engineRoom,
    scratchDir: directories.scratch,
  });
  undo.defer(() => ingress.stop(0));
  const ready = fleet.load(defaultModel).then(() => undefined);
  for (const model of preloaded) fleet.load(model).catch((err) => log.error({ err, model: model.name }, "not loaded"));
  // Whoever starts a node may look at readiness instead; the failure is told there too.
  ready.catch(() => undefined);

  const readiness = () => {
    const lastMs = scheduler.lastSuccessMs();
    return judgeReadiness({
      defaultModel: defaultModel.name,
      slots: fleet.status(),
      sinks: feed.health(),
      commands: ingress.status(),
      eventTrouble: feed.trouble(),
      queued: scheduler.queued(),
      in_flight: scheduler.inFlight(),
      last_success_age_s: lastMs === null ? null : (systemClock.monotonicMs() - lastMs) / 1000,
    });
  };
  const benchmarks = createBenchmarks({
    definitionsDir: config.benchmarks.definitions_dir,
    resultsDir: config.benchmarks.results_dir,
    observer: createAnnouncer({
      runStarted: (runId, data) => feed.benchmark("benchmark.run.started", runId, data),
      trialCompleted: (runId, data) => feed.benchmark("benchmark.trial.completed", runId, data),
      runCompleted: (runId, data) => feed.benchmark("benchmark.run.completed", runId, data),
    }),
    run: (definition, { signal, ...listener }) =>
      runBenchmark({
        definition,
        out: config.benchmarks.results_dir,
        cacheDir: join(config.data_dir, "benchmarks"),
        python: config.python,
        context: {
          env: { ...process.env, ...settingsOf(config) },
          cwd: process.cwd(),
          onLine: (line) => log.debug({ line }, "a benchmark's SUT"),
        },
        command: ["POST", "/v1/benchmarks"],
        trials: null,
        takeUp: true,
        force: false,
        clock: systemClock,
        signal,
        listener,
      }),
  });
  undo.defer(benchmarks.stop);
  const http = createHttpServer({
    config,
    log,
    clock: systemClock,
    metrics,
    catalogue,
    models: fleet,
    jobs: scheduler,
    readiness,
    events: { spool, onEphemeral: feed.onEphemeral, replay: feed.replay },
    admit: scheduler.admit,
    submit: scheduler.submit,
    benchmarks,
    scratchDir: directories.scratch,
  });
  const { url } = await http.start();
  ingress.start();
  feed.system("node.started", config.events.node, nodeFacts());
  tellStopped = () => feed.system("node.stopped", config.events.node, { ...nodeFacts(), capacity: 0 });

  const running = undo.move();
  let stopping: Promise<void> | null = null;

  async function stop() {
    feed.system("node.draining", config.events.node, nodeFacts());
    try {
      // Together: no request is taken while the accepted ones end, and each of those is answered.
      await Promise.all([
        http.stop(patience.jobsMs + patience.answersMs),
        scheduler.drain(patience.jobsMs),
        ingress.stop(patience.jobsMs + patience.answersMs),
        benchmarks.stop(),
      ]);
    } finally {
      await running.disposeAsync();
    }
  }

  return {
    url,
    subscriberUrl: bus.subscriberUrl,
    ready,
    readiness,
    stop: () => (stopping ??= stop()),
  };
}

/** Every bus that commands are read from; the consumer is this node in its groups, in each of its lives. */
async function openSources(config: Config, at: { url: string; consumer: string }): Promise<CommandSource[]> {
  const { redis, sources, claim_idle_s } = config.commands;
  const claimIdleMs = claim_idle_s * 1000;
  const ledger = { ...at, patienceMs: claimIdleMs, commandTimeoutMs: config.events.redis.command_timeout_s * 1000 };
  const others = sources.map((settings) => createSource(settings, { ledger, claimIdleMs }));
  return [...(redis ? [createRedisSource({ ...ledger, claimIdleMs })] : []), ...(await Promise.all(others))];
}

/** The configured Redis, or a server of our own where none is configured. */
async function openBus(config: Config, options: { runtimeDir: string; packageDir: string; log: Log }) {
  const { url } = config.events.redis;
  if (url !== null) return { url, subscriberUrl: url, stop: async () => undefined };
  const embedded: EmbeddedRedis = await startEmbeddedRedis({ config, ...options });
  return embedded;
}
