/** Files below a directory. */
import { readdir, stat } from "node:fs/promises";
import { extname, join, relative } from "node:path";
import { toError } from "../../../core/to-error.ts";

/** What is taken for audio by its name; whether it is, a decoder tells. */
const audioExtensions = [".wav", ".flac", ".mp3", ".m4a", ".mp4", ".ogg", ".oga", ".opus", ".webm", ".mka", ".aac"];

export const isAudio = (path: string) => audioExtensions.includes(extname(path).toLowerCase());

export const withoutExtension = (path: string) => path.slice(0, path.length - extname(path).length);

/** Paths of all files relative to `root`, in the order of their names; links to files count, links to folders do not. */
export async function filesBelow(root: string): Promise<string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true }).catch((error: unknown) => {
    throw new Error(`${root} cannot be listed: ${toError(error).message}`);
  });
  const paths = await Promise.all(
    entries.map(async (entry) => {
      const path = join(entry.parentPath, entry.name);
      const isFile = entry.isFile() || (entry.isSymbolicLink() && (await isLinkToFile(path)));
      return isFile ? [relative(root, path)] : [];
    }),
  );
  return paths.flat().toSorted((a, b) => (a < b ? -1 : 1));
}

/** A link that leads nowhere is told as audio that is missing. */
async function isLinkToFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  return found === null || found.isFile();
}
