/** A job's audio as 16 kHz mono PCM: as it came, or through a decoder process. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { HumError } from "../core/errors.ts";
import type { ByteSource, Job } from "../core/job.ts";
import type { Log } from "../core/log.ts";
import type { Dispatcher } from "./dispatcher.ts";

export interface Pcm {
  source: ByteSource;
  durationS: number;
  /** Removes what decoding left in the scratch directory. */
  dispose(): Promise<void>;
}

export interface DecodeOptions {
  dispatcher: Dispatcher;
  signal: AbortSignal;
  maxDurationS: number;
  scratchDir: string;
  log: Log;
}

/** s16le at 16 kHz mono. */
const bytesPerSecond = 32_000;

/** Throws HumError `bad_audio`, `unsupported_format` or `too_large` as the decoder finds, with what was wrong. */
export async function decodeAudio(job: Job, options: DecodeOptions): Promise<Pcm> {
  const { audio } = job;
  if (audio.format === "pcm_s16le") {
    const durationS = byteLength(audio.source) / bytesPerSecond;
    if (durationS > options.maxDurationS) throw tooLong(durationS, options.maxDurationS);
    return { source: audio.source, durationS, dispose: async () => undefined };
  }
  const outputPath = join(options.scratchDir, `${job.id}.pcm`);
  // A file that stays is swept at the next start; a job must not fail by it.
  const dispose = () =>
    rm(outputPath, { force: true }).catch((err) =>
      options.log.warn({ err, job: job.id }, "decoded audio was not removed"),
    );
  try {
    const { message, payload } = await options.dispatcher.run({
      priority: job.priority,
      signal: options.signal,
      request: () => ({
        message: {
          type: "decode",
          id: job.id,
          audio: bytesRef(audio.source),
          max_duration_s: options.maxDurationS,
          output_path: outputPath,
        },
        payload: payloadOf(audio.source),
        onProgress: () => undefined,
      }),
    });
    if (message.type !== "decoded")
      throw new HumError("internal", `a decoder answered ${message.type}`, { stage: "decode" });
    const { path, offset, length } = message.audio;
    // The process that answers has parsed hostile bytes: it may name nothing but what it was asked for.
    if ((path !== null && path !== outputPath) || length > options.maxDurationS * bytesPerSecond) {
      throw new HumError("internal", "a decoder answered with audio that it was not asked for", { stage: "decode" });
    }
    const source: ByteSource =
      path === null ? { kind: "memory", data: payload ?? new Uint8Array(0) } : { kind: "file", path, offset, length };
    return { source, durationS: message.duration_s, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

const byteLength = (source: ByteSource) => (source.kind === "memory" ? source.data.byteLength : source.length);

/** How the bytes are named in a message; in memory they travel as the payload frame. */
export const bytesRef = (source: ByteSource) =>
  source.kind === "memory"
    ? { path: null, offset: 0, length: source.data.byteLength }
    : { path: source.path, offset: source.offset, length: source.length };

export const payloadOf = (source: ByteSource) => (source.kind === "memory" ? source.data : null);

function tooLong(durationS: number, maxDurationS: number): HumError {
  const message = `the audio lasts ${durationS.toFixed(1)} s; at most ${maxDurationS} s are accepted`;
  return new HumError("too_large", message, { stage: "decode", param: "file" });
}
