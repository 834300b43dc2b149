/** Which sources of speech are meant by words of the command line. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathSources } from "../../bench/workloads/builders/by-path.ts";
import { packagedSources } from "../../bench/workloads/builders/packaged.ts";
import type { Gathered } from "../../bench/workloads/builders/source.ts";
import { nearest } from "../../core/nearest.ts";

type Gather = () => Promise<Gathered>;

/** A word that names a kind of folder takes the next one as its path. */
export function chooseSources(
  words: readonly string[],
  { cwd, language }: { cwd: string; language: string | null },
): { ok: true; gathers: Gather[] } | { ok: false; message: string } {
  const gathers: Gather[] = [];
  const rest = words.values();
  for (const word of rest) {
    const packaged = packagedSources.find(({ name }) => name === word);
    const byPath = pathSources.find(({ name }) => name === word);
    if (packaged !== undefined) {
      if (!existsSync(packaged.evidence)) return { ok: false, message: notInstalled(word, packaged.packages) };
      gathers.push(packaged.gather);
    } else if (byPath !== undefined) {
      const { value: path } = rest.next();
      if (path === undefined) return { ok: false, message: `${word} needs a path: ${word} PATH` };
      const whole = resolve(cwd, path);
      if (!existsSync(whole)) return { ok: false, message: `${word} ${path}: there is nothing at ${whole}` };
      gathers.push(() => byPath.gather(whole, { language }));
    } else return { ok: false, message: unknownSource(word) };
  }
  return { ok: true, gathers };
}

const notInstalled = (name: string, packages: readonly string[]) =>
  `${name} is not installed; on Debian and Ubuntu: apt-get install ${packages.join(" ")}`;

function unknownSource(word: string): string {
  const names = [...packagedSources, ...pathSources].map(({ name }) => name);
  const meant = nearest(word, names);
  const hint = meant === undefined ? `known are: ${names.join(", ")}` : `did you mean ${meant}?`;
  const path = /[./]/.test(word) ? `; a folder of your own is: folder ${word}` : "";
  return `unknown source ${JSON.stringify(word)}; ${hint}${path}`;
}
