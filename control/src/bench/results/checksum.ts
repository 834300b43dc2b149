/** The checksum beside a complete result file, as `sha256sum -c` reads it: what a copy is held against. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { pipeline } from "node:stream/promises";

const checksumOf = (file: string): string => `${file}.sha256`;

export async function writeChecksum(file: string): Promise<void> {
  // Whoever finds it finds all of it.
  const partial = `${checksumOf(file)}.partial`;
  await writeFile(partial, `${await hashOf(file)}  ${basename(file)}\n`, { flush: true });
  await rename(partial, checksumOf(file));
}

/** Null where there is none beside the file. */
export async function readChecksum(file: string): Promise<string | null> {
  try {
    return (await readFile(checksumOf(file), "utf8")).slice(0, 64);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}

/** Sha256 in hexadecimal, of the first `bytes` bytes or of all. */
export async function hashOf(file: string, bytes = Number.POSITIVE_INFINITY): Promise<string> {
  const hash = createHash("sha256");
  if (bytes > 0) await pipeline(createReadStream(file, { end: bytes - 1 }), hash);
  return hash.digest("hex");
}
