/** Asterisk's telephone prompts in five languages, 8 kHz, from Debian's packages. */
import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { headBytes, waveDuration } from "../wave-file.ts";
import { packageVersion } from "./debian.ts";
import { filesBelow, withoutExtension } from "./files.ts";
import type { Candidate, Gathered, LeftOut, PackagedSource } from "./source.ts";

const languages = {
  en: { spoken: "American English", licence: "CC-BY-SA-3.0" },
  es: { spoken: "Mexican Spanish", licence: "CC-BY-SA-3.0" },
  fr: { spoken: "Canadian French", licence: "CC-BY-SA-3.0" },
  it: { spoken: "Italian", licence: "CC-BY-3.0" },
  ru: { spoken: "Russian", licence: "CC-BY-3.0" },
} as const;
type Language = keyof typeof languages;

/** Of one or two words Whisper hears what it likes. */
const leastWords = 3;
const longestS = 15;

export const asteriskSources: readonly PackagedSource[] = (Object.keys(languages) as Language[]).map((language) => ({
  name: `asterisk-${language}`,
  title: `telephone prompts in ${languages[language].spoken}, one voice, 8 kHz`,
  language,
  packages: [`asterisk-core-sounds-${language}`, `asterisk-core-sounds-${language}-wav`],
  evidence: textsOf(language),
  gather: () => gather(language),
}));

function textsOf(language: Language): string {
  return join("/usr/share/doc", `asterisk-core-sounds-${language}`, `core-sounds-${language}.txt.gz`);
}

/** The rules are those by which sidecar/tests/prompts.py chooses too. */
async function gather(language: Language): Promise<Gathered> {
  const root = join("/usr/share/asterisk/sounds", language);
  const text = (await promisify(gunzip)(await readFile(textsOf(language)))).toString("utf8");
  const candidates: Candidate[] = [];
  const leftOut: LeftOut[] = [];
  const names = new Set<string>();
  const waves = new Set((await filesBelow(root)).map(withoutExtension));
  for (const line of text.split("\n")) {
    const [, name, said] = /^([\w/-]+):\s*(.+)$/.exec(line.trim()) ?? [];
    if (name === undefined || said === undefined) continue;
    const audio = `${name}.wav`;
    const reason = names.has(name)
      ? "is listed twice"
      : waves.has(name)
        ? (objectionTo(said, language) ?? (await objectionToAudio(join(root, audio))))
        : "has a text, but no audio";
    names.add(name);
    if (reason !== null) leftOut.push({ name, reason });
    // They are all of one voice: between speakers there is nothing to resample, so each stands alone.
    else candidates.push({ name, audio, text: said.trim(), language, speaker: null, expect: "speech" });
  }
  for (const name of waves) {
    if (!names.has(name)) leftOut.push({ name, reason: "has no text" });
  }
  return {
    name: `asterisk-${language}`,
    builder: `asterisk-${language}`,
    source: `Debian package ${await packageVersion(`asterisk-core-sounds-${language}-wav`)}, texts of asterisk-core-sounds-${language}`,
    licence: languages[language].licence,
    rules: [
      `prompts of ${leastWords} words or more and less than ${longestS} s`,
      "no text with brackets or question marks, which stand for sounds and lost letters",
      ...(language === "en" ? [] : ["no text with digits: only the English normalizer knows their words"]),
    ],
    root,
    candidates,
    leftOut,
  };
}

function objectionTo(text: string, language: Language): string | null {
  if (/[[\](){}?\ufffd]/.test(text)) return "its text has brackets or question marks";
  if (text.split(/\s+/).length < leastWords) return `its text has fewer than ${leastWords} words`;
  if (language !== "en" && /\p{Nd}/u.test(text)) return "its text has digits";
  return null;
}

async function objectionToAudio(path: string): Promise<string | null> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes));
  const duration_s = waveDuration(buffer.subarray(0, bytesRead), (await file.stat()).size);
  return duration_s !== null && duration_s >= longestS ? `lasts ${longestS} s or more` : null;
}
