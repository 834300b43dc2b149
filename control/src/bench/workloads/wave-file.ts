/** WAV files: how long one lasts by its header, and the bytes of one that holds what engines take. */
import { pcmBytesPerSecond } from "../../core/pcm.ts";

export const sampleRate = 16_000;

/** So much of a file's beginning is enough for the headers of nearly all. */
export const headBytes = 65_536;

/** Formats whose samples all take the same number of bits: integers, floats, A-law and mu-law. */
const plainFormats: readonly number[] = [0x0001, 0x0003, 0x0006, 0x0007];
const extensible = 0xfffe;

/**
 * Seconds. Null where it is no WAV, its samples are compressed, or the header is not wholly within `head` or does not
 * agree with the file's length: then a decoder judges.
 */
export function waveDuration(head: Buffer, totalBytes: number): number | null {
  if (head.byteLength < 12 || tag(head, 0) !== "RIFF" || tag(head, 8) !== "WAVE") return null;
  let bytesPerS: number | null = null;
  for (let at = 12; at + 8 <= head.byteLength; ) {
    const name = tag(head, at);
    const size = head.readUInt32LE(at + 4);
    const begin = at + 8;
    if (name === "data") return bytesPerS === null || begin + size > totalBytes ? null : size / bytesPerS;
    if (name === "fmt ") {
      if (size < 16 || begin + size > head.byteLength) return null;
      bytesPerS = rateOf(head.subarray(begin, begin + size));
      if (bytesPerS === null) return null;
    }
    // Chunks begin at even offsets.
    at = begin + size + (size % 2);
  }
  return null;
}

/** What the header says of bytes per second may be wrong; frames per second times the size of a frame cannot be. */
function rateOf(format: Buffer): number | null {
  const outer = format.readUInt16LE(0);
  const kind = outer === extensible && format.byteLength >= 26 ? format.readUInt16LE(24) : outer;
  const bytesPerS = format.readUInt32LE(4) * format.readUInt16LE(12);
  return plainFormats.includes(kind) && bytesPerS > 0 ? bytesPerS : null;
}

/** 16 kHz, mono, 16 bits. */
export function encodeWave(samples: Int16Array): Buffer {
  const file = Buffer.alloc(44 + 2 * samples.length);
  file.write("RIFF", 0, "latin1");
  file.writeUInt32LE(file.byteLength - 8, 4);
  file.write("WAVEfmt ", 8, "latin1");
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(sampleRate, 24);
  file.writeUInt32LE(pcmBytesPerSecond, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write("data", 36, "latin1");
  file.writeUInt32LE(2 * samples.length, 40);
  for (let index = 0; index < samples.length; index += 1) file.writeInt16LE(samples[index] ?? 0, 44 + 2 * index);
  return file;
}

const tag = (bytes: Buffer, at: number) => bytes.toString("latin1", at, at + 4);
