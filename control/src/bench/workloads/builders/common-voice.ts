/** Common Voice as it is unpacked: clips/, and tables such as test.tsv and validated.tsv beside it. */
import { existsSync, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { filesBelow } from "./files.ts";
import { type Candidate, type Gathered, type LeftOut, type PathSource, plainName } from "./source.ts";

/** The first one that is there: test is what others report, validated is everything. */
const tables = ["test.tsv", "validated.tsv"];
const columns = ["client_id", "path", "sentence"] as const;

export const commonVoiceSource: PathSource = {
  name: "common-voice",
  title: "Common Voice's folder of one language (test.tsv, else validated.tsv), or one of its tables",
  async gather(path, { language }): Promise<Gathered> {
    const table = tableAt(resolve(path));
    const root = dirname(table);
    const rows = parseTable(await readFile(table, "utf8"), table);
    const clips = new Set(existsSync(join(root, "clips")) ? await filesBelow(join(root, "clips")) : []);
    const candidates: Candidate[] = [];
    const leftOut: LeftOut[] = [];
    const names = new Set<string>();
    for (const { client_id, path: clip, sentence, locale } of rows) {
      const reason = names.has(clip)
        ? "is listed twice"
        : sentence === ""
          ? "its text is empty"
          : clips.has(clip)
            ? null
            : "has a text, but no audio";
      names.add(clip);
      if (reason !== null) leftOut.push({ name: clip, reason });
      else {
        // The locale of a table is that of its folder where the column is not there, as in the oldest releases.
        const spoken = language ?? (locale || basename(root));
        const speaker = client_id === "" ? null : client_id;
        candidates.push({
          name: clip,
          audio: join("clips", clip),
          text: sentence,
          language: isoCode(spoken),
          speaker,
          expect: "speech",
        });
      }
    }
    const split = basename(table, ".tsv");
    const release = basename(dirname(root));
    return {
      name: plainName(`common-voice-${basename(root)}-${split}`),
      builder: "common-voice",
      source: `Common Voice (commonvoice.mozilla.org), ${release}/${basename(root)}/${basename(table)}`,
      licence: "CC0-1.0",
      // Clips of the other tables are no fault of this one.
      rules: [`the clips that ${basename(table)} lists`],
      root,
      candidates,
      leftOut,
    };
  },
};

function tableAt(path: string): string {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile() === true) return path;
  const table = tables.map((name) => join(path, name)).find((file) => existsSync(file));
  if (table === undefined) {
    throw new Error(`${path} holds neither ${tables.join(" nor ")}; it must be a folder such as cv-corpus-21.0/en`);
  }
  return table;
}

interface Row {
  client_id: string;
  path: string;
  sentence: string;
  locale: string;
}

/** Its tables quote nothing: what stands between two tabs is a value, quotation marks included. */
function parseTable(text: string, file: string): Row[] {
  const [head = "", ...lines] = text.replaceAll("\r", "").split("\n");
  const titles = head.split("\t");
  const missing = columns.filter((column) => !titles.includes(column));
  if (missing.length > 0) {
    throw new Error(`${file} has no column ${missing.join(", ")}; its first line must name ${columns.join(", ")}`);
  }
  return lines
    .filter((line) => line !== "")
    .map((line) => {
      const values = line.split("\t");
      const value = (column: keyof Row) => values[titles.indexOf(column)]?.trim() ?? "";
      return {
        client_id: value("client_id"),
        path: value("path"),
        sentence: value("sentence"),
        locale: value("locale"),
      };
    });
}

/** Common Voice has zh-CN and sv-SE where Whisper has zh and sv. */
const isoCode = (locale: string) => locale.split("-")[0] ?? locale;
