/** Finds the samples in a WAV that engines take as it is: PCM of 16 bits, 16 kHz, mono. Everything else is not ours. */

export interface WavRegion {
  /** Of the samples in the file, in bytes; `length` is even. */
  offset: number;
  length: number;
}

const pcm = 0x0001;
const extensible = 0xfffe;
/** KSDATAFORMAT_SUBTYPE_PCM as it lies in the file. */
const pcmSubformat = "0100000000001000800000aa00389b71";
/** What writers put that could not seek back to fill the size in. */
const unknownSize = 0xffff_ffff;

/**
 * `head` is the file's beginning, `totalBytes` its length. Null where the format is another, the header is not wholly
 * within the head or contradicts itself, or samples are missing: then a decoder judges.
 */
export function findPcm(head: Uint8Array, totalBytes: number): WavRegion | null {
  const bytes = Buffer.from(head.buffer, head.byteOffset, head.byteLength);
  if (bytes.byteLength < 12 || tag(bytes, 0) !== "RIFF" || tag(bytes, 8) !== "WAVE") return null;
  const riffEnd = 8 + bytes.readUInt32LE(4);
  let formatSeen = false;
  for (let at = 12; at + 8 <= bytes.byteLength; ) {
    const name = tag(bytes, at);
    const size = bytes.readUInt32LE(at + 4);
    const begin = at + 8;
    if (name === "data") return formatSeen ? region({ begin, size, riffEnd, totalBytes }) : null;
    if (name === "fmt ") {
      if (formatSeen || begin + size > bytes.byteLength || !isOurs(bytes.subarray(begin, begin + size))) return null;
      formatSeen = true;
    }
    // Chunks begin at even offsets.
    at = begin + size + (size % 2);
  }
  return null;
}

function region(data: { begin: number; size: number; riffEnd: number; totalBytes: number }): WavRegion | null {
  const { begin, size, riffEnd, totalBytes } = data;
  const rest = totalBytes - begin;
  // A size of 0 means an empty file if the outer size agrees with what is there, else a stream that was never closed.
  const isOpen = size === unknownSize || (size === 0 && riffEnd !== totalBytes);
  const length = isOpen ? rest : size;
  if (length > rest) return null;
  return { offset: begin, length: length - (length % 2) };
}

function isOurs(format: Buffer): boolean {
  if (format.byteLength < 16) return false;
  const kind = format.readUInt16LE(0);
  if (kind === extensible) {
    if (format.byteLength < 40 || format.toString("hex", 24, 40) !== pcmSubformat) return false;
    const validBits = format.readUInt16LE(18);
    if (validBits !== 16) return false;
  } else if (kind !== pcm) return false;
  const channels = format.readUInt16LE(2);
  const sampleRate = format.readUInt32LE(4);
  const bytesPerS = format.readUInt32LE(8);
  const blockBytes = format.readUInt16LE(12);
  const bits = format.readUInt16LE(14);
  return channels === 1 && sampleRate === 16_000 && bytesPerS === 32_000 && blockBytes === 2 && bits === 16;
}

const tag = (bytes: Buffer, at: number) => bytes.toString("latin1", at, at + 4);
