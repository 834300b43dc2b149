/** Debian's pocketsphinx-testdata: read sentences of LibriVox, and playing cards, 16 kHz. */

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { packageVersion } from "./debian.ts";
import type { Candidate, Gathered, LeftOut, PackagedSource } from "./source.ts";

const testdata = "pocketsphinx-testdata";
const directory = "/usr/share/pocketsphinx/test/data";

interface Corpus {
  name: string;
  title: string;
  folder: string;
  transcription: string;
}

const corpora: readonly Corpus[] = [
  {
    name: "pocketsphinx-librivox",
    title: "sentences of Sense and Sensibility, read for LibriVox, one voice, 16 kHz",
    folder: "librivox",
    transcription: "transcription",
  },
  {
    name: "cards",
    title: "names of playing cards, one voice, 16 kHz",
    folder: "cards",
    transcription: "cards.transcription",
  },
];

export const pocketsphinxSources: readonly PackagedSource[] = corpora.map((corpus) => ({
  name: corpus.name,
  title: corpus.title,
  language: "en",
  packages: [testdata],
  evidence: join(directory, corpus.folder, corpus.transcription),
  gather: () => gather(corpus),
}));

async function gather({ name, folder, transcription }: Corpus): Promise<Gathered> {
  const root = join(directory, folder);
  const text = await readFile(join(root, transcription), "utf8");
  const candidates: Candidate[] = [];
  const leftOut: LeftOut[] = [];
  for (const line of text.split("\n")) {
    const [, said = "", clip] = /^<s>(.*)<\/s>\s*\((.*)\)$/.exec(line.trim()) ?? [];
    if (clip === undefined) continue;
    const audio = `${clip}.wav`;
    if (!existsSync(join(root, audio))) leftOut.push({ name: clip, reason: "has a text, but no audio" });
    else candidates.push({ name: clip, audio, text: said.trim(), language: "en", speaker: null, expect: "speech" });
  }
  return {
    name,
    builder: name,
    source: `Debian package ${await packageVersion(testdata)}, ${folder}/${transcription}`,
    licence: "BSD-2-Clause",
    rules: [],
    root,
    candidates,
    leftOut,
  };
}
