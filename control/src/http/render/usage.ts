/** What a transcript is accounted as: OpenAI's usage by duration, in whole seconds begun. */
import type { Transcript } from "../../core/transcript.ts";

export interface Usage {
  type: "duration";
  seconds: number;
}

export const usageOf = (transcript: Transcript): Usage => ({
  type: "duration",
  seconds: Math.ceil(transcript.duration_s),
});
