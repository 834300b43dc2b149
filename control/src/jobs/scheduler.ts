/** The Scheduler actor: takes jobs, has them decoded and transcribed, and tells each job's events, one terminal each. */

import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../core/clock.ts";
import type { Config } from "../core/config.ts";
import { HumError, type Stage, toHumError } from "../core/errors.ts";
import type { Job, JobEvent, JobObserver } from "../core/job.ts";
import type { Log } from "../core/log.ts";
import type { Metrics } from "../core/metrics.ts";
import type { Catalogue } from "../core/model.ts";
import type { Transcript } from "../core/transcript.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { Pool } from "../fleet/pool.ts";
import type { Lease } from "../fleet/residents.ts";
import { decodeAudio, type Pcm } from "./decode.ts";
import { createDispatcher, type Dispatcher } from "./dispatcher.ts";
import { createTeller, type JobHandle } from "./handle.ts";
import { type JobLimit, limitJob } from "./limit.ts";
import { createPoisonList } from "./poison.ts";
import { transcribePcm } from "./transcribe.ts";

export interface SchedulerOptions {
  config: Config;
  catalogue: Catalogue;
  fleet: Fleet;
  /** Where decoded audio that is too large for a frame is put. */
  scratchDir: string;
  clock: Clock;
  metrics: Metrics;
  log: Log;
  observe: JobObserver;
  /** The first refusal after something was admitted. */
  onOverload: () => void;
}

export interface Scheduler {
  /** Throws HumError `overloaded` where the queue is full, so that nobody uploads for nothing. */
  admit(): void;
  /** Throws as `admit` does, and `poison_input` for audio that is known as such; any later failure is told by the handle. */
  submit(job: Job): JobHandle;
  queued(): number;
  inFlight(): number;
  lastSuccessMs(): number | null;
  /**
   * Takes no more jobs, gives those that were taken `graceMs` to end, and fails the rest as `overloaded`, to be sent
   * again elsewhere. What a stuck sidecar still holds of them ends with the sidecar.
   */
  drain(graceMs: number): Promise<void>;
}

export function createScheduler(options: SchedulerOptions): Scheduler {
  const { config, catalogue, fleet, clock, metrics } = options;
  const dispatchers = new WeakMap<Pool, Dispatcher>();
  const running = new Set<Promise<void>>();
  let lastSuccessMs: number | null = null;
  let draining = false;
  let refusing = false;
  const limits = new Set<JobLimit>();
  const poison = createPoisonList({ clock, keepMs: config.jobs.poison_s * 1000 });

  /** Jobs that no engine has begun: what the bound on the queue counts. */
  const waiting = new Set<Job>();
  const queued = () => waiting.size;
  const inFlight = () => running.size - waiting.size;
  const gauge = () => {
    metrics.queued.set(queued());
    metrics.inFlight.set(inFlight());
  };

  function dispatcherOf(pool: Pool): Dispatcher {
    return dispatchers.getOrInsertComputed(pool, () =>
      createDispatcher(pool, { maxAttempts: config.jobs.max_attempts }),
    );
  }

  function admit(): void {
    if (draining) throw new HumError("overloaded", "this server is stopping and takes no more jobs");
    if (queued() < config.jobs.max_queued) {
      refusing = false;
      return;
    }
    if (!refusing) options.onOverload();
    refusing = true;
    throw new HumError("overloaded", `${queued()} jobs wait already; at most ${config.jobs.max_queued} may`);
  }

  function submit(job: Job): JobHandle {
    admit();
    poison.refuse(job.audio.sha256);
    const teller = createTeller(job.id);
    const tell = (event: JobEvent) => {
      const inTime = teller.tell(event);
      if (inTime) options.observe(job, event);
      return inTime;
    };
    waiting.add(job);
    const work = perform(job, tell);
    running.add(work);
    void work.finally(() => {
      running.delete(work);
      waiting.delete(job);
      gauge();
    });
    gauge();
    return teller.handle;
  }

  /** Never rejects: a failure is an event. `tell` says whether the event was in time. */
  async function perform(job: Job, tell: (event: JobEvent) => boolean): Promise<void> {
    const submittedMs = clock.monotonicMs();
    let attempt = 0;
    let stage: Stage = "admission";
    let outcome = "done";
    let pcm: Pcm | null = null;
    let lease: Lease | null = null;
    const fail = (thrown: unknown) => {
      const error = toHumError(thrown, stage);
      if (error.code === "poison_input" || error.code === "engine_stalled") poison.add(job.audio.sha256);
      if (tell({ type: "failed", attempt, error })) outcome = error.code;
    };
    const limit = limitJob(job, { timeoutS: config.jobs.timeout_s, clock, stage: () => stage });
    limits.add(limit);
    // The submitter hears at once; the sidecar lets go of the job in its own time.
    limit.signal.addEventListener("abort", () => fail(limit.signal.reason), { once: true });
    tell({ type: "queued", position: queued() - 1 });
    try {
      const model = catalogue.resolve(job.model);
      // Asked for first, so that a model that is not loaded loads while the audio is decoded.
      stage = "load";
      lease = await fleet.use(model);
      const engines = lease.pool;
      const failure = engines.failure();
      if (failure !== null) throw failure;
      stage = "decode";
      pcm = await decodeAudio(job, {
        dispatcher: dispatcherOf(fleet.decoders),
        signal: limit.signal,
        maxDurationS: config.decoder.max_duration_s,
        maxCpuS: config.decoder.max_cpu_s,
        scratchDir: options.scratchDir,
        log: options.log,
      });
      stage = "transcribe";
      const transcript = await transcribePcm(job, pcm, {
        dispatcher: dispatcherOf(engines),
        signal: limit.signal,
        deadlineMs: limit.deadlineMs,
        submittedMs,
        clock,
        onAttempt(number) {
          attempt = number;
          waiting.delete(job);
          gauge();
          metrics.jobAttempts.inc({ model: model.name });
        },
        tell,
      });
      if (tell({ type: "done", attempt, transcript })) measure(transcript);
    } catch (thrown) {
      fail(thrown);
    } finally {
      limit.release();
      limits.delete(limit);
      lease?.release();
      await pcm?.dispose();
    }
    metrics.jobs.inc({ model: job.model, outcome });
  }

  function measure(transcript: Transcript) {
    lastSuccessMs = clock.monotonicMs();
    const labels = { model: transcript.model.name };
    metrics.jobQueue.observe(labels, transcript.queue_s);
    metrics.jobProcessing.observe(labels, transcript.processing_s);
    metrics.audioSeconds.inc(labels, transcript.duration_s);
  }

  return {
    admit,
    submit,
    queued,
    inFlight,
    lastSuccessMs: () => lastSuccessMs,
    async drain(graceMs) {
      draining = true;
      const patience = new AbortController();
      const ended = Promise.all(running).finally(() => patience.abort());
      await Promise.race([ended, delay(graceMs, undefined, { signal: patience.signal }).catch(() => undefined)]);
      const message = "this node stopped before the transcript was ready; send the request again";
      for (const limit of limits) limit.end("overloaded", message);
    },
  };
}
