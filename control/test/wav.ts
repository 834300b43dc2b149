/** WAV files for tests: 16 kHz mono PCM16, what takes the fast path. */

/** The header alone, for `dataBytes` of samples that follow; `extra` is chunks between format and samples. */
export function wavHeader(dataBytes: number, extra: Buffer = Buffer.alloc(0)): Buffer<ArrayBuffer> {
  const header = Buffer.from("RIFF....WAVEfmt ....................", "latin1");
  header.writeUInt32LE(36 + extra.byteLength + dataBytes, 4);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(16_000, 24);
  header.writeUInt32LE(32_000, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  const data = Buffer.from("data....", "latin1");
  data.writeUInt32LE(dataBytes, 4);
  return Buffer.concat([header, extra, data]);
}

export const makeWav = (pcm: Uint8Array): Buffer<ArrayBuffer> => Buffer.concat([wavHeader(pcm.byteLength), pcm]);

/** The PCM of a WAV file. */
export const pcmOf = (wav: Buffer) => wav.subarray(wav.indexOf("data") + 8);
