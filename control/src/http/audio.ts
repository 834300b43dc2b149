/** What a finished upload is to a job: PCM where it lies, or media for a decoder. */
import type { Audio, ByteSource } from "../core/job.ts";
import { checkDuration, pcmBytesPerSecond } from "../core/pcm.ts";
import type { Upload } from "./form.ts";
import { findPcm, type WavRegion } from "./wav.ts";

/** Throws HumError `too_large` for PCM that lasts too long; media is measured while it is decoded. */
export function describeAudio(upload: Upload, limits: { maxDurationS: number }): Audio {
  const { audio } = upload;
  const facts = { sha256: audio.sha256, bytes: audio.bytes, mediaType: plainMediaType(upload.mediaType) };
  const region = findPcm(audio.head, audio.bytes);
  if (region === null) return { format: "media", raw: null, source: audio.source, durationS: null, ...facts };
  const durationS = region.length / pcmBytesPerSecond;
  checkDuration(durationS, { ...limits, stage: "admission" });
  return { format: "pcm_s16le", raw: null, source: narrow(audio.source, region), durationS, ...facts };
}

function narrow(source: ByteSource, region: WavRegion): ByteSource {
  const { offset, length } = region;
  if (source.kind === "file") return { ...source, offset: source.offset + offset, length };
  return { kind: "memory", data: source.data.subarray(offset, offset + length) };
}

/** It goes into events, so it is kept only where it has the form of one. */
function plainMediaType(claimed: string): string {
  return /^[\w.+-]{1,60}\/[\w.+-]{1,60}$/.test(claimed) ? claimed.toLowerCase() : "application/octet-stream";
}
