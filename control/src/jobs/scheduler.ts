/** The Scheduler actor: takes jobs, has them decoded and transcribed, and tells each job's events, one terminal each. */
import type { Clock } from "../core/clock.ts";
import type { Config } from "../core/config.ts";
import { HumError, toHumError } from "../core/errors.ts";
import type { Job, JobEvent, JobObserver } from "../core/job.ts";
import type { Metrics } from "../core/metrics.ts";
import type { Catalogue } from "../core/model.ts";
import type { Transcript } from "../core/transcript.ts";
import type { Fleet } from "../fleet/fleet.ts";
import type { Pool } from "../fleet/pool.ts";
import { decodeAudio, type Pcm } from "./decode.ts";
import { createDispatcher, type Dispatcher } from "./dispatcher.ts";
import { createTeller, type JobHandle } from "./handle.ts";
import { transcribePcm } from "./transcribe.ts";

export interface SchedulerOptions {
  config: Config;
  catalogue: Catalogue;
  fleet: Fleet;
  /** Where decoded audio that is too large for a frame is put. */
  scratchDir: string;
  clock: Clock;
  metrics: Metrics;
  observe: JobObserver;
}

export interface Scheduler {
  /** Throws HumError `overloaded` where the queue is full; any later failure is told by the handle. */
  submit(job: Job): JobHandle;
  queued(): number;
  inFlight(): number;
  lastSuccessMs(): number | null;
  /** Takes no more jobs and resolves when those that were taken have ended. */
  drain(): Promise<void>;
}

export function createScheduler(options: SchedulerOptions): Scheduler {
  const { config, catalogue, fleet, clock, metrics } = options;
  const dispatchers = new Map<Pool, Dispatcher>();
  const running = new Set<Promise<void>>();
  let lastSuccessMs: number | null = null;
  let draining = false;

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

  function submit(job: Job): JobHandle {
    if (draining) throw new HumError("overloaded", "this server is stopping and takes no more jobs");
    if (queued() >= config.jobs.max_queued) {
      throw new HumError("overloaded", `${queued()} jobs wait already; at most ${config.jobs.max_queued} may`);
    }
    const teller = createTeller(job.id);
    const tell = (event: JobEvent) => {
      if (teller.tell(event)) options.observe(job, event);
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

  /** Never rejects: a failure is an event. */
  async function perform(job: Job, tell: (event: JobEvent) => void): Promise<void> {
    const submittedMs = clock.monotonicMs();
    const limit = limitJob(job, config.jobs.timeout_s);
    let attempt = 0;
    let pcm: Pcm | null = null;
    const fail = (thrown: unknown) => {
      const error = toHumError(thrown, attempt === 0 ? "admission" : "transcribe");
      tell({ type: "failed", attempt, error });
      return error.code;
    };
    // The submitter hears at once; the sidecar lets go of the job in its own time.
    limit.signal.addEventListener("abort", () => void fail(limit.signal.reason), { once: true });
    let outcome: string;
    tell({ type: "queued", position: queued() - 1 });
    try {
      const model = catalogue.resolve(job.model);
      // Asked for first, so that a model that is not loaded loads while the audio is decoded.
      const engines = dispatcherOf(fleet.engines(model));
      pcm = await decodeAudio(job, {
        dispatcher: dispatcherOf(fleet.decoders),
        signal: limit.signal,
        maxDurationS: config.decoder.max_duration_s,
        scratchDir: options.scratchDir,
      });
      const transcript = await transcribePcm(job, pcm, {
        dispatcher: engines,
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
      lastSuccessMs = clock.monotonicMs();
      measure(transcript);
      tell({ type: "done", attempt, transcript });
      outcome = "done";
    } catch (thrown) {
      outcome = fail(thrown);
    } finally {
      limit.release();
      await pcm?.dispose();
    }
    metrics.jobs.inc({ model: job.model, outcome });
  }

  function measure(transcript: Transcript) {
    const labels = { model: transcript.model.name };
    metrics.jobQueue.observe(labels, transcript.queue_s);
    metrics.jobProcessing.observe(labels, transcript.processing_s);
    metrics.audioSeconds.inc(labels, transcript.duration_s);
  }

  /** The client's signal and the job's deadline as one signal whose reason is a HumError. */
  function limitJob(job: Job, timeoutS: number | null) {
    const controller = new AbortController();
    const deadlineMs = job.deadlineMs ?? (timeoutS === null ? null : clock.monotonicMs() + timeoutS * 1000);
    const leave = () => controller.abort(new HumError("cancelled", "the client left before the transcript was ready"));
    const expire = () =>
      controller.abort(new HumError("deadline", "the job's deadline passed before its transcript was ready"));
    const timer = deadlineMs === null ? undefined : setTimeout(expire, Math.max(0, deadlineMs - clock.monotonicMs()));
    if (job.signal.aborted) leave();
    else job.signal.addEventListener("abort", leave, { once: true });
    return {
      signal: controller.signal,
      deadlineMs,
      release() {
        clearTimeout(timer);
        job.signal.removeEventListener("abort", leave);
      },
    };
  }

  return {
    submit,
    queued,
    inFlight,
    lastSuccessMs: () => lastSuccessMs,
    async drain() {
      draining = true;
      await Promise.all(running);
    },
  };
}
