/** What a job may ask of an engine: faster-whisper's names and defaults, so that equal options give equal text. */
import { z } from "zod";

export const jobOptionsSchema = z.object({
  task: z.enum(["transcribe", "translate"]),
  /** ISO 639-1 code, or null to detect. */
  language: z.string().nullable(),
  initial_prompt: z.string().nullable(),
  hotwords: z.string().nullable(),
  /** Tried in turn until a window decodes well. */
  temperatures: z.array(z.number().min(0).max(1)).min(1).max(16),
  beam_size: z.int().min(1).max(64),
  word_timestamps: z.boolean(),
  without_timestamps: z.boolean(),
  condition_on_previous_text: z.boolean(),
  vad_filter: z.boolean(),
  /** Audio without a single frame of speech yields no transcript instead of an invented one. */
  speech_gate: z.boolean(),
});
export type JobOptions = z.infer<typeof jobOptionsSchema>;

export const defaultOptions: JobOptions = {
  task: "transcribe",
  language: null,
  initial_prompt: null,
  hotwords: null,
  temperatures: [0, 0.2, 0.4, 0.6, 0.8, 1],
  beam_size: 5,
  word_timestamps: false,
  without_timestamps: false,
  condition_on_previous_text: true,
  vad_filter: false,
  speech_gate: true,
};
