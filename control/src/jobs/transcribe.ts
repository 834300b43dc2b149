/** The engine's part of a job: sends PCM to a sidecar, tells what it hears, and assembles the Transcript. */
import type { Clock } from "../core/clock.ts";
import { HumError } from "../core/errors.ts";
import type { Job, JobEvent } from "../core/job.ts";
import type { ModelIdentity, Transcript } from "../core/transcript.ts";
import type { Progress, Sidecar } from "../fleet/sidecar.ts";
import { bytesRef, type Pcm, payloadOf } from "./decode.ts";
import type { Dispatcher } from "./dispatcher.ts";
import { createReplay } from "./replay.ts";

export interface TranscribeOptions {
  dispatcher: Dispatcher;
  signal: AbortSignal;
  deadlineMs: number | null;
  submittedMs: number;
  decodeS: number;
  clock: Clock;
  onAttempt: (attempt: number, slot: string) => void;
  tell: (event: JobEvent) => void;
}

export async function transcribePcm(job: Job, pcm: Pcm, options: TranscribeOptions): Promise<Transcript> {
  const { clock, tell } = options;
  const replay = createReplay();
  let queueS = 0;
  let identity: ModelIdentity | null = null;
  let count = 0;

  function heard(message: Progress, sidecar: Sidecar) {
    const { attempt } = message;
    if (message.type === "segment") {
      count += 1;
      for (const event of replay.segment(message.segment, { attempt, index: message.index })) tell(event);
      return;
    }
    identity = sidecar.announced()?.model ?? null;
    if (identity === null) return;
    queueS = (clock.monotonicMs() - options.submittedMs) / 1000;
    const slot = sidecar.identity;
    tell({ type: "started", attempt, slot, queue_s: queueS, duration_s: pcm.durationS, model: identity });
  }

  const { message } = await options.dispatcher.run({
    priority: job.priority,
    signal: options.signal,
    request(attempt, sidecar) {
      options.onAttempt(attempt, sidecar.identity);
      count = 0;
      const left = options.deadlineMs === null ? null : Math.max(0, options.deadlineMs - clock.monotonicMs()) / 1000;
      return {
        message: {
          type: "job",
          id: job.id,
          attempt,
          priority: job.priority,
          deadline_s: left,
          audio: bytesRef(pcm.source),
          options: job.options,
        },
        payload: payloadOf(pcm.source),
        onProgress: (progress) => heard(progress, sidecar),
      };
    },
  });
  if (message.type !== "done" || identity === null) {
    throw new HumError("internal", `an engine answered ${message.type} without having started`, {
      stage: "transcribe",
    });
  }
  for (const event of replay.finish({ attempt: message.attempt, count })) tell(event);
  const segments = replay.segments();
  return {
    text: segments.map((segment) => segment.text).join(""),
    task: job.options.task,
    language: message.language,
    language_probability: message.language_probability,
    duration_s: message.duration_s,
    segments,
    model: identity,
    queue_s: queueS,
    decode_s: options.decodeS,
    processing_s: message.processing_s,
  };
}
