/** Opens a file that a command names, where it lies in one of the directories that the configuration allows. */
import { constants } from "node:fs";
import { type FileHandle, open, realpath, stat } from "node:fs/promises";
import { sep } from "node:path";
import { HumError } from "../core/errors.ts";
import { quote } from "../core/quote.ts";

/** A pipe must not make us wait, nor a terminal become ours; what is left to follow has been followed. */
const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY | constants.O_NOFOLLOW;

/**
 * Links are followed, and must not lead out of the directories. Rejects with HumError `bad_request`, which tells nothing
 * about what lies elsewhere, and `too_large`.
 */
export async function openAllowed(
  path: string,
  options: { roots: readonly string[]; maxBytes: number },
): Promise<FileHandle> {
  const { roots, maxBytes } = options;
  if (roots.length === 0) {
    throw refusal("this node takes no paths (commands.roots is empty): send the bytes in audio.data");
  }
  const unknown = () => refusal(`audio.path is ${quote(path)}; it must be a file in a directory of commands.roots`);
  const real = await realpath(path).catch(() => null);
  if (real === null || !(await isWithin(real, roots))) throw unknown();
  const file = await open(real, flags).catch((error: NodeJS.ErrnoException) => {
    // A link: somebody has just put it there.
    if (error.code === "ENOENT" || error.code === "ELOOP" || error.code === "ENOTDIR") throw unknown();
    throw refusal(`audio.path is ${quote(path)}, which this node cannot read (${error.code ?? "unknown reason"})`);
  });
  try {
    await requireSame(file, real).catch(() => {
      throw unknown();
    });
    const { size, isFile } = await file.stat().then((stats) => ({ size: stats.size, isFile: stats.isFile() }));
    if (!isFile) throw refusal(`audio.path is ${quote(path)}, which is no regular file`);
    if (size > maxBytes) {
      throw new HumError("too_large", `the file has ${size} bytes; at most ${maxBytes} are accepted`, {
        param: "audio",
      });
    }
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function isWithin(real: string, roots: readonly string[]): Promise<boolean> {
  for (const root of roots) {
    const base = await realpath(root).catch(() => null);
    if (base !== null && real.startsWith(base.endsWith(sep) ? base : base + sep)) return true;
  }
  return false;
}

/** A directory on the way may have been exchanged for a link between the two looks: what is open must be what lies there. */
async function requireSame(file: FileHandle, real: string): Promise<void> {
  const [opened, there, again] = await Promise.all([file.stat(), stat(real), realpath(real)]);
  if (again !== real || opened.ino !== there.ino || opened.dev !== there.dev) throw new Error("it was exchanged");
}

const refusal = (message: string) => new HumError("bad_request", message, { param: "audio" });
