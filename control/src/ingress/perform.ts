/** Makes a request over a bus a job: understands it, gets its audio, waits until there is room for it, and follows it to its end. */
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../core/clock.ts";
import type { Config } from "../core/config.ts";
import { HumError, toHumError } from "../core/errors.ts";
import type { Job } from "../core/job.ts";
import type { Log } from "../core/log.ts";
import type { Catalogue } from "../core/model.ts";
import type { JobHandle } from "../jobs/handle.ts";
import { limitJob } from "../jobs/limit.ts";
import type { Scheduler } from "../jobs/scheduler.ts";
import { createScratch } from "../jobs/scratch.ts";
import { obtainAudio } from "./audio.ts";
import type { Origin, RequestCommand } from "./command.ts";
import { understand } from "./request.ts";

export interface PerformOptions {
  config: Pick<Config, "commands" | "http" | "decoder">;
  clock: Clock;
  log: Log;
  catalogue: Catalogue;
  submit: Scheduler["submit"];
  scratchDir: string;
  /** The node stops: what has not been submitted is not begun. */
  closing: AbortSignal;
}

export interface Request {
  command: RequestCommand;
  origin: Origin;
  /** On the monotonic clock. */
  deadlineMs: number | null;
  /** Its reason is a HumError. */
  abandoned: AbortSignal;
}

/** The longest pause between two tries to be let in. */
const maxPauseS = 5;

/**
 * Resolves when the job has ended, however it did; rejects with the HumError for which it never came to be one:
 * `overloaded` where it is to be tried again.
 */
export async function perform(request: Request, options: PerformOptions): Promise<void> {
  const { command, origin, deadlineMs, abandoned } = request;
  const { config, clock, log, closing } = options;
  const stopped = new AbortController();
  const stop = () => stopped.abort(new HumError("overloaded", "this node stops before it could begin"));
  const limit = limitJob({ deadlineMs, signal: abandoned }, { timeoutS: null, clock, stage: () => "admission" });
  const signal = AbortSignal.any([limit.signal, stopped.signal]);
  const scratch = createScratch(join(options.scratchDir, `${origin.id}.command`));
  closing.addEventListener("abort", stop, { once: true });
  try {
    if (closing.aborted) stop();
    if (deadlineMs !== null && deadlineMs <= clock.monotonicMs()) {
      throw new HumError("deadline", "the deadline had passed before the command could be begun");
    }
    const facts = understand(command.data, options.catalogue);
    const audio = await obtainAudio(command.data.audio, {
      scratch,
      roots: config.commands.roots,
      allowUrls: config.commands.allow_urls,
      maxBytes: config.http.max_body_bytes,
      maxDurationS: config.decoder.max_duration_s,
      fetchTimeoutMs: config.http.max_body_s * 1000,
      signal,
    });
    const job: Job = { ...origin, ...facts, audio, deadlineMs, signal: abandoned };
    const handle = await letIn(job, { submit: options.submit, signal });
    limit.release();
    await handle.transcript.catch(() => undefined);
  } catch (thrown) {
    throw signal.aborted ? toHumError(signal.reason) : toHumError(thrown);
  } finally {
    limit.release();
    closing.removeEventListener("abort", stop);
    await scratch
      .discard()
      .catch((error) => log.warn({ err: error, job: origin.id }, "a scratch file was not removed"));
  }
}

/** A command that came over a bus can wait: it is not refused because much else is to be done now. */
async function letIn(job: Job, options: { submit: Scheduler["submit"]; signal: AbortSignal }): Promise<JobHandle> {
  for (;;) {
    options.signal.throwIfAborted();
    try {
      return options.submit(job);
    } catch (thrown) {
      const error = toHumError(thrown);
      if (error.code !== "overloaded") throw error;
      const pauseS = Math.min(error.retryAfterS ?? 1, maxPauseS);
      await delay(pauseS * 1000, undefined, { signal: options.signal }).catch(() => undefined);
    }
  }
}
