/** Whether the disk holds what is about to be written, known before the first byte of it. */
import { statfs } from "node:fs/promises";
import { HumError } from "../core/errors.ts";
import { formatBytes } from "../core/size.ts";

/** Throws where less than `neededBytes` are free. */
export async function requireSpace(directory: string, neededBytes: number): Promise<void> {
  const { bavail, bsize } = await statfs(directory);
  if (bavail * bsize < neededBytes) throw noSpace(directory, { neededBytes, freeBytes: bavail * bsize });
}

/** `neededBytes` is null where the disk was full before it was known. */
export function noSpace(directory: string, options: { neededBytes: number | null; freeBytes: number }): HumError {
  const { neededBytes, freeBytes } = options;
  const problem =
    neededBytes === null
      ? `the disk of ${directory} is full`
      : `${formatBytes(neededBytes)} are needed on the disk of ${directory}, but ${formatBytes(freeBytes)} are free`;
  const missing = neededBytes === null ? "some" : `another ${formatBytes(Math.max(1e6, neededBytes - freeBytes))}`;
  return new HumError("internal", `${problem}: free ${missing}, or set HUM_MODEL_DIR to another disk`, {
    stage: "load",
  });
}
