/** WAV files for tests: 16 kHz mono PCM16, what takes the fast path. */

export function makeWav(pcm: Uint8Array): Buffer<ArrayBuffer> {
  const header = Buffer.from("RIFF....WAVEfmt ....................data....", "latin1");
  header.writeUInt32LE(36 + pcm.byteLength, 4);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(1, 22);
  header.writeUInt32LE(16_000, 24);
  header.writeUInt32LE(32_000, 28);
  header.writeUInt16LE(2, 32);
  header.writeUInt16LE(16, 34);
  header.writeUInt32LE(pcm.byteLength, 40);
  return Buffer.concat([header, pcm]);
}

/** The PCM of a WAV file. */
export const pcmOf = (wav: Buffer) => wav.subarray(wav.indexOf("data") + 8);
