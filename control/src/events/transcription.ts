/** What the feed tells of a job: each JobEvent as the name and data of one transcription event. */
import type { HumError } from "../core/errors.ts";
import type { Job, JobEvent } from "../core/job.ts";
import type { Segment, Transcript } from "../core/transcript.ts";
import type { EventData, TranscriptionEventName } from "./catalogue.ts";

export type TranscriptionEvent = {
  [Name in TranscriptionEventName]: { name: Name; data: EventData<Name> };
}[TranscriptionEventName];

export function describe(job: Job, event: JobEvent): TranscriptionEvent {
  switch (event.type) {
    case "queued":
      return { name: "transcription.requested", data: requested(job) };
    case "started": {
      const { attempt, slot, queue_s, model } = event;
      const audio = { ...audioOf(job), duration_s: event.duration_s };
      return {
        name: "transcription.started",
        data: { ...idsOf(job), attempt, audio, model, slot, queue_s },
      };
    }
    case "restarted": {
      const { attempt, from_index } = event;
      return { name: "transcription.restarted", data: { ...idsOf(job), attempt, from_index } };
    }
    case "segment": {
      const { attempt, index } = event;
      return {
        name: "transcription.segment",
        data: { ...idsOf(job), attempt, index, ...segmentOf(event.segment) },
      };
    }
    case "done": {
      const { attempt, transcript } = event;
      return {
        name: "transcription.completed",
        data: { ...idsOf(job), attempt, ...completionOf(transcript) },
      };
    }
    case "failed":
      return describeEnd(job, event);
  }
}

const idsOf = ({ id, requestId }: Pick<Job, "id" | "requestId">) => ({ request_id: requestId, job_id: id });

const audioOf = ({ audio }: Job) => ({
  sha256: audio.sha256,
  bytes: audio.bytes,
  media_type: audio.mediaType,
  duration_s: audio.durationS,
});

function requested(job: Job): EventData<"transcription.requested"> {
  const { model, options, priority } = job;
  const { task, language } = options;
  return { ...idsOf(job), audio: audioOf(job), model, task, language, options, priority };
}

function segmentOf(segment: Segment) {
  const { start, end, text, avg_logprob, no_speech_prob, compression_ratio, temperature } = segment;
  const words = segment.words ?? [];
  return { start, end, text, avg_logprob, no_speech_prob, compression_ratio, temperature, words };
}

function completionOf(transcript: Transcript) {
  const { text, language, language_probability, duration_s, processing_s, queue_s, model } = transcript;
  return {
    text,
    language,
    language_probability,
    audio_s: duration_s,
    processing_s,
    queue_s,
    rtf: duration_s > 0 ? processing_s / duration_s : null,
    model,
    usage: { type: "duration" as const, seconds: duration_s },
  };
}

/** Of a job that failed, also where it never came to be one. */
export function describeEnd(
  job: Pick<Job, "id" | "requestId" | "signal">,
  { attempt, error }: { attempt: number; error: HumError },
): TranscriptionEvent {
  if (error.code === "cancelled") {
    const by = job.signal.aborted ? "client" : "node";
    return { name: "transcription.cancelled", data: { ...idsOf(job), attempt, reason: error.message, by } };
  }
  return { name: "transcription.failed", data: { ...idsOf(job), attempt, error: error.toFailure() } };
}
