/** A folder of a person's own: audio with a text file of the same name beside it. */
import { readFile } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { toError } from "../../../core/to-error.ts";
import { filesBelow, isAudio, withoutExtension } from "./files.ts";
import { type Candidate, type Gathered, type LeftOut, type PathSource, plainName } from "./source.ts";

/** HTK and many aligners call it .lab. */
const textExtensions = [".txt", ".lab"];

export const folderSource: PathSource = {
  name: "folder",
  title: "audio with a .txt or .lab of the same name beside it, in any depth",
  async gather(path, { language }): Promise<Gathered> {
    const root = resolve(path);
    const files = new Set(await filesBelow(root));
    const candidates: Candidate[] = [];
    const leftOut: LeftOut[] = [];
    const texts = new Set([...files].filter((file) => textExtensions.some((extension) => file.endsWith(extension))));
    const named = new Set<string>();
    for (const audio of files) {
      if (!isAudio(audio)) continue;
      const stem = withoutExtension(audio);
      const text = textExtensions.map((extension) => stem + extension).find((file) => texts.has(file));
      if (text === undefined) {
        leftOut.push({ name: audio, reason: "has no .txt or .lab of the same name" });
        continue;
      }
      named.add(stem);
      const said = await readText(join(root, text));
      if (!said.ok) leftOut.push({ name: audio, reason: said.reason });
      // Where one stem has two files of audio, the whole name tells them apart.
      else candidates.push({ name: audio, audio, text: said.text, language, speaker: null, expect: "speech" });
    }
    for (const text of texts) {
      if (!named.has(withoutExtension(text))) leftOut.push({ name: text, reason: "has no audio of the same name" });
    }
    return {
      name: plainName(basename(root)),
      builder: "folder",
      source: `the folder ${basename(root)}`,
      licence: null,
      rules: [],
      root,
      candidates,
      leftOut,
    };
  },
};

/** An empty text may mean silence, or that nobody has written it yet: a guess would spoil the word error rate. */
async function readText(file: string): Promise<{ ok: true; text: string } | { ok: false; reason: string }> {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(await readFile(file)).trim();
    return text === "" ? { ok: false, reason: "its text is empty" } : { ok: true, text };
  } catch (error) {
    const isEncoding = error instanceof TypeError;
    return {
      ok: false,
      reason: isEncoding ? "its text is not UTF-8" : `its text cannot be read: ${toError(error).message}`,
    };
  }
}
