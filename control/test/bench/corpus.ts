/** What is transcribed: clips cut from the sample, and real speech of other languages where the machine has it. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { samplePath } from "../e2e/server.ts";
import { makeWav, pcmOf } from "../wav.ts";

const bytesPerS = 32_000;
const librivox = "/usr/share/pocketsphinx/test/data/librivox";

export interface Clip {
  path: string;
  seconds: number;
}

export interface Corpus {
  lone: Clip;
  /** 24 clips of 2 to 24 s. */
  mixed: Clip[];
  file10: Clip;
  file5: Clip;
  /** About 60 MB. */
  large: Clip;
  /** In words, for the report. */
  description: string;
  /** A path beside the clips, which goes with them. */
  beside(name: string): string;
  dispose(): void;
}

export function makeCorpus(): Corpus {
  const dir = mkdtempSync(join(tmpdir(), "hum-bench-"));
  const speech = pcmOf(readFileSync(samplePath));
  const write = (name: string, pcm: Uint8Array): Clip => {
    const path = join(dir, `${name}.wav`);
    writeFileSync(path, makeWav(pcm));
    return { path, seconds: pcm.byteLength / bytesPerS };
  };
  const cut = (from: number, to: number) => speech.subarray(from * bytesPerS, to * bytesPerS);
  // At pauses of the speaker, so that a cut is speech as people send it.
  const parts = [cut(0, 3.2), cut(3.2, 7.8), cut(7.8, 11), cut(0, 7.8), cut(3.2, 11), cut(0, 11)];
  const others = readLibrivox().slice(0, 6);
  const sources = [...parts, ...others];
  const mixed = Array.from({ length: 24 }, (_, index) =>
    write(`clip-${index}`, sources[index % sources.length] as Uint8Array),
  );
  const pause = Buffer.alloc(bytesPerS / 2);
  const long = (name: string, seconds: number) => {
    const pieces: Uint8Array[] = [];
    for (let at = 0, index = 0; at < seconds * bytesPerS; index += 1) {
      const piece = sources[index % sources.length] as Uint8Array;
      pieces.push(piece, pause);
      at += piece.byteLength + pause.byteLength;
    }
    return write(name, Buffer.concat(pieces).subarray(0, seconds * bytesPerS));
  };
  return {
    lone: write("lone", speech),
    mixed,
    file10: long("file-10-minutes", 600),
    file5: long("file-5-minutes", 300),
    large: long("file-60-mb", 1900),
    description: `the sample cut at its pauses${others.length > 0 ? `, and ${others.length} LibriVox clips` : " only"}`,
    beside: (name) => join(dir, name),
    dispose: () => rmSync(dir, { recursive: true, force: true }),
  };
}

/** Debian's pocketsphinx-testdata; empty where it is not installed. */
function readLibrivox(): Uint8Array[] {
  try {
    return readdirSync(librivox)
      .filter((name) => name.endsWith(".wav"))
      .toSorted((a, b) => basename(a).localeCompare(basename(b)))
      .map((name) => pcmOf(readFileSync(join(librivox, name))))
      .filter((pcm) => pcm.byteLength <= 24 * bytesPerS);
  } catch {
    return [];
  }
}
