/** What a job may ask of an engine: faster-whisper's names and defaults, so that equal options give equal text. */
import { z } from "zod";

const seconds = z.number().min(0);
const milliseconds = z.int().min(0).max(3_600_000);
const probability = z.number().min(0).max(1);

/** faster-whisper's VadOptions; used where `vad_filter` is on. */
const vadParametersSchema = z.object({
  threshold: probability,
  /** Null means threshold - 0.15, as faster-whisper has it. */
  neg_threshold: probability.nullable(),
  min_speech_duration_ms: milliseconds,
  /** Null means no limit. */
  max_speech_duration_s: z.number().positive().nullable(),
  min_silence_duration_ms: milliseconds,
  speech_pad_ms: milliseconds,
});

const profiles = ["default", "fast", "batched"] as const;

export const jobOptionsSchema = z.object({
  task: z.enum(["transcribe", "translate"]),
  /** ISO 639-1 code, or null to detect. */
  language: z.string().nullable(),
  /** Decode every window in the language detected for it. */
  multilingual: z.boolean(),
  language_detection_threshold: probability,
  /** Windows that are looked at to detect the language. */
  language_detection_segments: z.int().min(1).max(64),
  initial_prompt: z.string().nullable(),
  /** Text that every first window begins with. */
  prefix: z.string().nullable(),
  hotwords: z.string().nullable(),
  /** Tried in turn until a window decodes well. */
  temperatures: z.array(probability).min(1).max(16),
  beam_size: z.int().min(1).max(64),
  /** Samples where the temperature is above 0. */
  best_of: z.int().min(1).max(64),
  patience: z.number().min(0.1).max(10),
  length_penalty: z.number().min(-10).max(10),
  repetition_penalty: z.number().min(0.1).max(10),
  no_repeat_ngram_size: z.int().min(0).max(64),
  /** A window whose text compresses better than this is decoded again, hotter; null never. */
  compression_ratio_threshold: z.number().positive().nullable(),
  /** A window whose average log-probability is lower is decoded again, hotter; null never. */
  log_prob_threshold: z.number().nullable(),
  /** A window that is silence by this probability, and fails the one above, is skipped; null never. */
  no_speech_threshold: probability.nullable(),
  condition_on_previous_text: z.boolean(),
  /** Text decoded above this temperature does not condition the next window. */
  prompt_reset_on_temperature: probability,
  suppress_blank: z.boolean(),
  /** Token ids that are never sampled; -1 stands for the model's own list. */
  suppress_tokens: z.array(z.int().min(-1).max(0xffff_ffff)).max(256),
  without_timestamps: z.boolean(),
  max_initial_timestamp: seconds.max(30),
  word_timestamps: z.boolean(),
  prepend_punctuations: z.string().max(64),
  append_punctuations: z.string().max(64),
  /** With word timestamps, skip silence longer than this around a suspected hallucination, in seconds; null never. */
  hallucination_silence_threshold: seconds.nullable(),
  max_new_tokens: z.int().min(1).max(448).nullable(),
  /** Seconds of audio in a window; null takes the model's. */
  chunk_length: z.int().min(1).max(30).nullable(),
  /** Start, end, start, end... in seconds, the last end may be missing; empty means all. */
  clip_timestamps: z.array(seconds).max(1024),
  vad_filter: z.boolean(),
  vad_parameters: vadParametersSchema,
  /** Audio without a single frame of speech yields no transcript instead of an invented one. */
  speech_gate: z.boolean(),
  /**
   * `default` is plain faster-whisper; `fast` shortens the encoder's context for short clips; `batched` cuts long audio
   * at silences and decodes the parts side by side, as BatchedInferencePipeline does.
   */
  profile: z.enum(profiles),
  /** Parts side by side in the `batched` profile. */
  batch_size: z.int().min(1).max(64),
  /** Never share an engine call with another job: bitwise the same result on every device, at the cost of speed. */
  deterministic: z.boolean(),
});
export type JobOptions = z.infer<typeof jobOptionsSchema>;

export const defaultOptions: JobOptions = {
  task: "transcribe",
  language: null,
  multilingual: false,
  language_detection_threshold: 0.5,
  language_detection_segments: 1,
  initial_prompt: null,
  prefix: null,
  hotwords: null,
  temperatures: [0, 0.2, 0.4, 0.6, 0.8, 1],
  beam_size: 5,
  best_of: 5,
  patience: 1,
  length_penalty: 1,
  repetition_penalty: 1,
  no_repeat_ngram_size: 0,
  compression_ratio_threshold: 2.4,
  log_prob_threshold: -1,
  no_speech_threshold: 0.6,
  condition_on_previous_text: true,
  prompt_reset_on_temperature: 0.5,
  suppress_blank: true,
  suppress_tokens: [-1],
  without_timestamps: false,
  max_initial_timestamp: 1,
  word_timestamps: false,
  prepend_punctuations: "\"'“¿([{-",
  append_punctuations: "\"'.。,，!！?？:：”)]}、",
  hallucination_silence_threshold: null,
  max_new_tokens: null,
  chunk_length: null,
  clip_timestamps: [],
  vad_filter: false,
  vad_parameters: {
    threshold: 0.5,
    neg_threshold: null,
    min_speech_duration_ms: 0,
    max_speech_duration_s: null,
    min_silence_duration_ms: 2000,
    speech_pad_ms: 400,
  },
  speech_gate: true,
  profile: "default",
  batch_size: 8,
  deterministic: false,
};
