/** PCM as engines take it, s16le at 16 kHz mono: how long so many bytes last, and how long they may. */
import { HumError, type Stage } from "./errors.ts";

export const pcmBytesPerSecond = 32_000;

/** Throws HumError `too_large`. */
export function checkDuration(durationS: number, limit: { maxDurationS: number; stage: Stage }): void {
  if (durationS <= limit.maxDurationS) return;
  const message = `the audio lasts ${durationS.toFixed(1)} s; at most ${limit.maxDurationS} s are accepted`;
  throw new HumError("too_large", message, { stage: limit.stage, param: "file" });
}
