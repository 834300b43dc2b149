/** The Transcript noun: segments and words as faster-whisper names them, and the result that a job yields. */
import { z } from "zod";

/** Times in seconds from the start of the audio; `word` keeps its leading space as the engine gave it. */
export const wordSchema = z.object({
  word: z.string(),
  start: z.number(),
  end: z.number(),
  probability: z.number(),
});
export type Word = z.infer<typeof wordSchema>;

const uint32 = z.int().min(0).max(0xffff_ffff);

/** One segment. `seek` counts feature frames of 10 ms; `words` is null unless word timestamps were asked for. */
export const segmentSchema = z.object({
  id: uint32,
  seek: uint32,
  start: z.number(),
  end: z.number(),
  text: z.string(),
  tokens: z.array(uint32),
  temperature: z.number(),
  avg_logprob: z.number(),
  compression_ratio: z.number(),
  no_speech_prob: z.number(),
  words: z.array(wordSchema).nullable(),
});
export type Segment = z.infer<typeof segmentSchema>;

/** Which weights answered, on what, so that a result can be reproduced. */
export const modelIdentitySchema = z.object({
  name: z.string(),
  revision: z.string(),
  engine: z.string(),
  device: z.string(),
  compute_type: z.string(),
});
export type ModelIdentity = z.infer<typeof modelIdentitySchema>;

export interface Transcript {
  text: string;
  task: "transcribe" | "translate";
  /** ISO 639-1 code, as Whisper names it. */
  language: string;
  language_probability: number;
  duration_s: number;
  segments: Segment[];
  model: ModelIdentity;
  /** Until the engine began, decoding included. */
  queue_s: number;
  decode_s: number;
  processing_s: number;
}
