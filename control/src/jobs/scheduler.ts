/** The Scheduler actor: takes jobs, has them decoded and transcribed, and tells each job's events, one terminal each. */

import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../core/clock.ts";
import type { Config } from "../core/config.ts";
import { HumError, type Stage, toHumError } from "../core/errors.ts";
import type { Job, JobEvent, JobObserver } from "../core/job.ts";
import type { JobView } from "../core/job-view.ts";
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
import { createLedger, guessAudioS, type Load } from "./ledger.ts";
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
  /** Throws HumError `overloaded` where what happens to a job could not be recorded. */
  admitEvents: () => void;
  /** The first refusal after something was admitted. */
  onOverload: () => void;
}

/** Tells an event to whoever hears of the job; resolves when it is safe. Null where the job is over: it is not told. */
type Tell = (event: JobEvent) => Promise<void> | null;

export interface Scheduler {
  /** Throws HumError `overloaded` where the queue is full, so that nobody uploads for nothing. */
  admit(): void;
  /** Throws as `admit` does, and `poison_input` for audio that is known as such; any later failure is told by the handle. */
  submit(job: Job): JobHandle;
  queued(): number;
  inFlight(): number;
  /** Those in work, those that wait in the order in which they will run, and those that ended lately. */
  jobs(): JobView[];
  /** Null for an id that is unknown, or of a job that ended long ago. */
  job(id: string): JobView | null;
  /** Ends the job where it has not ended yet; idempotent. */
  cancel(id: string): JobView | null;
  lastSuccessMs(): number | null;
  /**
   * Takes no more jobs, gives those that were taken `graceMs` to end, and fails the rest as `overloaded`, to be sent
   * again elsewhere. What a stuck sidecar still holds of them ends with the sidecar.
   */
  drain(graceMs: number): Promise<void>;
}

/**
 * Waits are predicted to within a tenth or two. To refuse too early costs the client one more try; to refuse too late costs
 * it all the time that it has, and others the work.
 */
const caution = 1.2;

export function createScheduler(options: SchedulerOptions): Scheduler {
  const { config, catalogue, fleet, clock, metrics } = options;
  const dispatchers = new WeakMap<Pool, Dispatcher>();
  const running = new Set<Promise<void>>();
  let lastSuccessMs: number | null = null;
  let draining = false;
  let refusing = false;
  /** Of every job that has not ended, by its id. */
  const limits = new Map<string, JobLimit>();
  const poison = createPoisonList({ clock, keepMs: config.jobs.poison_s * 1000 });

  const ledger = createLedger(clock);
  const gauge = () => {
    metrics.queued.set(ledger.waiting().count);
    metrics.inFlight.set(ledger.inWork());
  };

  function dispatcherOf(pool: Pool): Dispatcher {
    return dispatchers.getOrInsertComputed(pool, () =>
      createDispatcher(pool, { maxAttempts: config.jobs.max_attempts }),
    );
  }

  function admit(): void {
    if (draining) throw new HumError("overloaded", "this server is stopping and takes no more jobs");
    options.admitEvents();
    const full = findFull(ledger.waiting(), config.jobs);
    if (full === null) {
      refusing = false;
      return;
    }
    const typical = { model: catalogue.defaultModel.name, priority: "interactive", audioS: 0 } as const;
    throw refusal(full, ledger.predict(typical, { free: 0 })?.waitS ?? null);
  }

  function refusal(message: string, waitS: number | null): HumError {
    if (!refusing) options.onOverload();
    refusing = true;
    return new HumError("overloaded", message, waitS === null ? {} : { retryAfterS: wholeSeconds(waitS) });
  }

  /** What would wait so long that it comes too late is refused now, and not after it has waited. */
  function admitInTime(job: Job): void {
    if (job.deadlineMs === null) return;
    const { model, priority } = job;
    const free = fleet.free(model);
    const predicted = ledger.predict({ model, priority, audioS: guessAudioS(job) }, { free });
    // Who need not wait is tried: alone it may be faster than what was learnt among others.
    if (predicted === null || predicted.hasRoom) return;
    const leftS = (job.deadlineMs - clock.monotonicMs()) / 1000;
    const doneS = predicted.waitS * caution + predicted.workS;
    if (doneS <= leftS) return;
    const message = `it would be done in about ${doneS.toFixed(1)} s, after the deadline in ${leftS.toFixed(1)} s`;
    throw refusal(message, doneS - leftS);
  }

  function submit(job: Job): JobHandle {
    admit();
    poison.refuse(job.audio.sha256);
    admitInTime(job);
    const teller = createTeller(job.id);
    let isOver = false;
    const tell: Tell = (event) => {
      if (isOver) return null;
      isOver = event.type === "done" || event.type === "failed";
      const safe = options.observe(job, event);
      teller.tell(event, safe);
      // Only who depends on it asks.
      safe.catch(() => undefined);
      return safe;
    };
    ledger.add(job);
    const work = perform(job, tell);
    running.add(work);
    void work.finally(() => running.delete(work));
    gauge();
    return teller.handle;
  }

  /** Never rejects: a failure is an event. */
  async function perform(job: Job, tell: Tell): Promise<void> {
    const submittedMs = clock.monotonicMs();
    let attempt = 0;
    let stage: Stage = "admission";
    let outcome = "done";
    let pcm: Pcm | null = null;
    let lease: Lease | null = null;
    const fail = (thrown: unknown) => {
      const error = toHumError(thrown, stage);
      if (error.code === "poison_input" || error.code === "engine_stalled") poison.add(job.audio.sha256);
      if (tell({ type: "failed", attempt, error }) === null) return;
      outcome = error.code;
      ledger.ended(job, error);
      gauge();
    };
    const limit = limitJob(job, { timeoutS: config.jobs.timeout_s, clock, stage: () => stage });
    limits.set(job.id, limit);
    // The submitter hears at once; the sidecar lets go of the job in its own time.
    limit.signal.addEventListener("abort", () => fail(limit.signal.reason), { once: true });
    const requested = tell({ type: "queued", position: ledger.find(job.id)?.position ?? 0 });
    try {
      const model = catalogue.resolve(job.model);
      // Asked for first, so that a model that is not loaded loads while the audio is decoded.
      stage = "load";
      lease = await fleet.use(model);
      const engines = lease.pool;
      const failure = engines.failure();
      if (failure !== null) throw failure;
      stage = "decode";
      const decodeBeganMs = clock.monotonicMs();
      pcm = await decodeAudio(job, {
        dispatcher: dispatcherOf(fleet.decoders),
        signal: limit.signal,
        maxDurationS: config.decoder.max_duration_s,
        maxCpuS: config.decoder.max_cpu_s,
        scratchDir: options.scratchDir,
        log: options.log,
      });
      const decodeS = (clock.monotonicMs() - decodeBeganMs) / 1000;
      ledger.measured(job, pcm.durationS);
      // Whatever happens from here on, somebody knows that this job was there.
      await requested;
      stage = "transcribe";
      const transcript = await transcribePcm(job, pcm, {
        dispatcher: dispatcherOf(engines),
        signal: limit.signal,
        deadlineMs: limit.deadlineMs,
        submittedMs,
        decodeS,
        clock,
        onAttempt(number, slot) {
          // It may have been found meanwhile, by another job with the same audio.
          poison.refuse(job.audio.sha256);
          attempt = number;
          ledger.began(job, { attempt, slot });
          gauge();
          metrics.jobAttempts.inc({ model: model.name });
        },
        tell,
      });
      if (tell({ type: "done", attempt, transcript }) !== null) {
        ledger.ended(job, null);
        gauge();
        measure(transcript);
      }
    } catch (thrown) {
      fail(thrown);
    } finally {
      limit.release();
      limits.delete(job.id);
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
    queued: () => ledger.waiting().count,
    inFlight: ledger.inWork,
    jobs: ledger.list,
    job: ledger.find,
    cancel(id) {
      limits.get(id)?.end("cancelled", "the job was cancelled by request");
      return ledger.find(id);
    },
    lastSuccessMs: () => lastSuccessMs,
    async drain(graceMs) {
      draining = true;
      const patience = new AbortController();
      const ended = Promise.all(running).finally(() => patience.abort());
      await Promise.race([ended, delay(graceMs, undefined, { signal: patience.signal }).catch(() => undefined)]);
      const message = "this node stopped before the transcript was ready; send the request again";
      for (const limit of limits.values()) limit.end("overloaded", message);
    },
  };
}

/** Which bound what waits has reached; null while there is room. */
function findFull({ count, audioS, bytes }: Load, bounds: Config["jobs"]): string | null {
  if (count >= bounds.max_queued) return `${count} jobs wait already; at most ${bounds.max_queued} may`;
  if (audioS >= bounds.max_queued_audio_s) {
    return `${Math.round(audioS)} s of audio wait already; at most ${bounds.max_queued_audio_s} s may`;
  }
  if (bytes >= bounds.max_queued_bytes) return `${bytes} bytes wait already; at most ${bounds.max_queued_bytes} may`;
  return null;
}

/** Never 0, and never so long that a client would not come back. */
const wholeSeconds = (seconds: number) => Math.min(600, Math.max(1, Math.ceil(seconds)));
