/** What a finished upload is to a job: PCM where it lies, or media for a decoder. */
import type { Audio, ByteSource, RawPcm } from "../core/job.ts";
import { checkDuration, pcmBytesPerSecond } from "../core/pcm.ts";
import { declaredPcm, type Fields } from "./raw.ts";
import type { ScratchAudio } from "./scratch.ts";
import { findPcm, type WavRegion } from "./wav.ts";

export interface Upload {
  fields: Fields;
  audio: ScratchAudio;
  /** With its parameters where the body is raw; a form's part has none. */
  mediaType: string;
}

/** Throws HumError `too_large` for PCM that lasts too long (media is measured while it is decoded), and `bad_request`. */
export function describeAudio(upload: Upload, limits: { maxDurationS: number }): Audio {
  const { audio, fields } = upload;
  const facts = { sha256: audio.sha256, bytes: audio.bytes, mediaType: plainMediaType(upload.mediaType) };
  const raw = declaredPcm({ contentType: upload.mediaType, fields, head: audio.head, bytes: audio.bytes });
  const region =
    raw === null ? findPcm(audio.head, audio.bytes) : isPlain(raw) ? { offset: 0, length: audio.bytes } : null;
  if (region === null) return { format: "media", raw, source: audio.source, durationS: null, ...facts };
  const durationS = region.length / pcmBytesPerSecond;
  checkDuration(durationS, { ...limits, stage: "admission" });
  return { format: "pcm_s16le", raw: null, source: narrow(audio.source, region), durationS, ...facts };
}

/** What engines take as it is. */
const isPlain = (raw: RawPcm) => raw.encoding === "s16le" && raw.sample_rate === 16_000 && raw.channels === 1;

function narrow(source: ByteSource, region: WavRegion): ByteSource {
  const { offset, length } = region;
  if (source.kind === "file") return { ...source, offset: source.offset + offset, length };
  return { kind: "memory", data: source.data.subarray(offset, offset + length) };
}

/** It goes into events, so it is kept only where it has the form of one. */
function plainMediaType(contentType: string): string {
  const claimed = contentType.split(";", 1)[0]?.trim() ?? "";
  return /^[\w.+-]{1,60}\/[\w.+-]{1,60}$/.test(claimed) ? claimed.toLowerCase() : "application/octet-stream";
}
