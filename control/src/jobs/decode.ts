/** A job's audio as 16 kHz mono PCM: as it came, or through a decoder process. */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { HumError } from "../core/errors.ts";
import { type ByteSource, type Job, maxMemoryBytes } from "../core/job.ts";
import type { Log } from "../core/log.ts";
import { checkDuration, pcmBytesPerSecond } from "../core/pcm.ts";
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
  maxCpuS: number;
  scratchDir: string;
  log: Log;
}

/** Throws HumError `bad_audio`, `unsupported_format` or `too_large` as the decoder finds, with what was wrong. */
export async function decodeAudio(job: Job, options: DecodeOptions): Promise<Pcm> {
  const { audio } = job;
  if (audio.format === "pcm_s16le") {
    const durationS = byteLength(audio.source) / pcmBytesPerSecond;
    checkDuration(durationS, { maxDurationS: options.maxDurationS, stage: "decode" });
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
          max_cpu_s: options.maxCpuS,
          raw: audio.raw,
          output_path: outputPath,
        },
        payload: payloadOf(audio.source),
        onProgress: () => undefined,
      }),
    });
    if (message.type !== "decoded")
      throw new HumError("internal", `a decoder answered ${message.type}`, { stage: "decode" });
    const source = sourceOf(message.audio, payload ?? new Uint8Array(0));
    // The process that answers has parsed hostile bytes: it may give nothing but what it was asked for.
    const asked = source.kind === "memory" ? source.data.byteLength <= maxMemoryBytes : source.path === outputPath;
    if (
      !asked ||
      message.audio.length !== byteLength(source) ||
      byteLength(source) > options.maxDurationS * pcmBytesPerSecond
    ) {
      throw new HumError("internal", "a decoder answered with audio that it was not asked for", { stage: "decode" });
    }
    return { source, durationS: message.duration_s, dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

const byteLength = (source: ByteSource) => (source.kind === "memory" ? source.data.byteLength : source.length);

/** The inverse of `bytesRef`, for an answer with this payload frame. */
function sourceOf(ref: ReturnType<typeof bytesRef>, payload: Uint8Array): ByteSource {
  const { path, offset, length } = ref;
  return path === null ? { kind: "memory", data: payload } : { kind: "file", path, offset, length };
}

/** How the bytes are named in a message; in memory they travel as the payload frame. */
export const bytesRef = (source: ByteSource): { path: string | null; offset: number; length: number } =>
  source.kind === "memory"
    ? { path: null, offset: 0, length: source.data.byteLength }
    : { path: source.path, offset: source.offset, length: source.length };

export const payloadOf = (source: ByteSource) => (source.kind === "memory" ? source.data : null);
