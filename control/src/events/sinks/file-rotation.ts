/** Rotation: a full file gets a number, and those before it the next one, by renames that lose nothing in between. */
import { rename, rm, stat } from "node:fs/promises";

export const rotated = (path: string, number: number) => `${path}.${number}`;

/** Leaves no file under `path`, and at most `maxFiles - 1` others, of which `path.1` is the newest. */
export async function rotate(path: string, maxFiles: number): Promise<void> {
  const oldest = maxFiles - 1;
  if (oldest === 0) {
    await rm(path);
    return;
  }
  // A number that is missing, as after a crash in here, takes up the move: those behind it stay.
  let free = 1;
  while (free < oldest && (await exists(rotated(path, free)))) free += 1;
  for (let number = free; number > 1; number -= 1) await rename(rotated(path, number - 1), rotated(path, number));
  await rename(path, rotated(path, 1));
}

async function exists(path: string): Promise<boolean> {
  return (await stat(path).catch(absent)) !== null;
}

/** For `catch`: null where there is no such file. */
export function absent(error: unknown): null {
  if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
  throw error;
}
