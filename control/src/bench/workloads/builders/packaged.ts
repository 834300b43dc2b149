/** Speech that comes as Debian packages, or with hum-helix itself: what there is, by name. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { checkoutRoot } from "../../../core/checkout.ts";
import { asteriskSources } from "./asterisk.ts";
import { pocketsphinxSources } from "./pocketsphinx.ts";
import type { PackagedSource } from "./source.ts";

const jfk: PackagedSource = {
  name: "jfk",
  title: "11 s of John F. Kennedy's inaugural address",
  language: "en",
  packages: [],
  evidence: join(checkoutRoot, "configs", "samples", "jfk.wav"),
  gather: async () => ({
    name: "jfk",
    builder: "jfk",
    source: "John F. Kennedy's inaugural address of January 20, 1961, as in the samples of whisper.cpp",
    licence: "public domain",
    rules: [],
    root: join(checkoutRoot, "configs", "samples"),
    candidates: [
      {
        name: "jfk",
        audio: "jfk.wav",
        text: (await readFile(join(checkoutRoot, "configs", "samples", "jfk.txt"), "utf8")).trim(),
        language: "en",
        speaker: null,
        expect: "speech",
      },
    ],
    leftOut: [],
  }),
};

export const packagedSources: readonly PackagedSource[] = [jfk, ...asteriskSources, ...pocketsphinxSources];
