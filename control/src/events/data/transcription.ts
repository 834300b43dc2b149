/** What is told of jobs: the schema of each transcription event's data. */
import { z } from "zod";
import { errorCodes, stages } from "../../core/errors.ts";
import { priorities } from "../../core/job.ts";
import { jobOptionsSchema } from "../../core/options.ts";
import { modelIdentitySchema, wordSchema } from "../../core/transcript.ts";
import { count, id, modelName, seconds } from "./common.ts";

const attempt = z.int().min(0).describe("From 1, and one more each time the job is run again; 0 where it never ran.");

const ids = {
  request_id: id.describe(
    "What the client calls its request; may come again. The job's own id where it called it nothing.",
  ),
  job_id: id.describe("Ours, and unique."),
};

const audio = z.object({
  sha256: z.string().describe("Of the bytes as they came."),
  bytes: count,
  media_type: z.string(),
  duration_s: seconds.nullable().describe("Null until decoded."),
});

/** Values that later versions add to: consumers of the published schema must expect ones they do not know. */
const growing = { growing: true };

const failure = z.object({
  code: z.enum(errorCodes).meta({ ...growing, description: "One of proto/errors.json; more may come." }),
  message: z.string(),
  retryable: z.boolean(),
  stage: z.enum(stages).meta({ ...growing, description: "Where in the job's path it happened; more may come." }),
});

export const transcription = {
  "transcription.requested": z
    .object({
      ...ids,
      audio,
      model: modelName,
      task: z.enum(["transcribe", "translate"]),
      language: z.string().nullable().describe("ISO 639-1; null asks the engine to detect it."),
      options: jobOptionsSchema,
      priority: z.enum(priorities),
    })
    .describe("A job was accepted: told before an engine sees it, and once only."),
  "transcription.started": z
    .object({
      ...ids,
      attempt,
      audio,
      model: modelIdentitySchema,
      slot: z.string(),
      queue_s: seconds.describe("Waited for its turn."),
    })
    .describe("An attempt has begun; its audio is decoded, and the engine is about to have it."),
  "transcription.restarted": z
    .object({
      ...ids,
      attempt,
      from_index: count.describe("Segments from this index on are void: a later attempt told something else."),
    })
    .describe("A later attempt tells something else than was told: what came from an index on is void."),
  "transcription.segment": z
    .object({
      ...ids,
      attempt,
      index: count.describe("From 0, without a gap."),
      start: z.number().describe("Seconds from the start of the audio."),
      end: z.number().describe("Seconds from the start of the audio."),
      text: z.string(),
      avg_logprob: z.number().describe("Mean log-probability of the tokens; -1000 where the engine lost it."),
      no_speech_prob: z.number(),
      compression_ratio: z.number(),
      temperature: z.number(),
      words: z
        .array(wordSchema)
        .nullable()
        .describe(
          "Empty unless word timestamps were asked for; null where an event is too small for them: `dataref` names where they are.",
        ),
    })
    .describe("A segment of the transcript, as soon as it is known."),
  "transcription.completed": z
    .object({
      ...ids,
      attempt,
      text: z
        .string()
        .nullable()
        .describe("The whole transcript; null where an event is too small for it: `dataref` names where it is."),
      language: z.string().describe("ISO 639-1."),
      language_probability: z.number(),
      audio_s: seconds.describe("Length of the audio."),
      processing_s: seconds.describe("Time in the engine."),
      queue_s: seconds.describe("Waited for its turn."),
      rtf: z.number().nullable().describe("processing_s / audio_s; null for audio of no length."),
      model: modelIdentitySchema,
      usage: z.object({ type: z.literal("duration"), seconds }),
    })
    .describe("The transcript is complete. Exactly one of completed, failed and cancelled ends a job."),
  "transcription.failed": z
    .object({ ...ids, attempt, error: failure })
    .describe("The job failed for good. Exactly one of completed, failed and cancelled ends a job."),
  "transcription.cancelled": z
    .object({
      ...ids,
      attempt,
      reason: z.string(),
      by: z.enum(["client", "node"]).describe("`client` left or asked for it; `node` gave up on its own."),
    })
    .describe("The job was given up. Exactly one of completed, failed and cancelled ends a job."),
};

/** What may be lost, told while it is of use. */
export const ephemeral = {
  "transcription.progress": z
    .object({
      ...ids,
      processed_s: seconds.describe("Audio that is transcribed."),
      total_s: seconds.describe("Audio in all."),
    })
    .describe("How far a job is. May be dropped, has no number, and is not kept."),
  "transcription.partial": z
    .object({
      ...ids,
      text: z.string().describe("What is heard so far; may still change."),
      stable_text: z.string().describe("The beginning of `text` that will not change."),
      revision: count.describe("Rises with each partial of a job."),
    })
    .describe("What is heard so far. May be dropped, has no number, and is not kept."),
};
