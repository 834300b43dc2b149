/** LibriSpeech as it is unpacked: SPEAKER/CHAPTER/SPEAKER-CHAPTER.trans.txt, and a FLAC beside it for each of its lines. */
import { readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { filesBelow, isAudio, withoutExtension } from "./files.ts";
import { type Candidate, type Gathered, type LeftOut, type PathSource, plainName } from "./source.ts";

export const librispeechSource: PathSource = {
  name: "librispeech",
  title: "LibriSpeech's chapter folders with *.trans.txt; speakers from the path",
  async gather(path, { language }): Promise<Gathered> {
    const root = resolve(path);
    const files = await filesBelow(root);
    const transcripts = files.filter((file) => file.endsWith(".trans.txt"));
    if (transcripts.length === 0) {
      throw new Error(`${root} holds no *.trans.txt; it must be a folder such as LibriSpeech/test-clean`);
    }
    const audio = new Map(files.filter(isAudio).map((file) => [withoutExtension(file), file]));
    const candidates: Candidate[] = [];
    const leftOut: LeftOut[] = [];
    for (const transcript of transcripts) {
      const text = await readFile(join(root, transcript), "utf8");
      for (const line of text.split("\n")) {
        const [, name, said = ""] = /^(\S+)(.*)$/.exec(line.trim()) ?? [];
        if (name === undefined) continue;
        const stem = join(dirname(transcript), name);
        const clip = audio.get(stem);
        audio.delete(stem);
        if (clip === undefined) leftOut.push({ name, reason: "has a text, but no audio" });
        else if (said.trim() === "") leftOut.push({ name, reason: "its text is empty" });
        else {
          const speaker = speakerOf(transcript);
          candidates.push({
            name,
            audio: clip,
            text: said.trim(),
            language: language ?? "en",
            speaker,
            expect: "speech",
          });
        }
      }
    }
    for (const clip of audio.values()) leftOut.push({ name: clip, reason: "has no text in a *.trans.txt beside it" });
    return {
      name: plainName(`librispeech-${basename(root)}`),
      builder: "librispeech",
      source: `LibriSpeech (openslr.org/12), ${basename(root)}`,
      licence: "CC-BY-4.0",
      rules: [],
      root,
      candidates,
      leftOut,
    };
  },
};

/** The file's own name holds it too where somebody gives the folder of one speaker, or of one chapter. */
function speakerOf(transcript: string): string {
  return basename(transcript).split("-")[0] ?? "";
}
