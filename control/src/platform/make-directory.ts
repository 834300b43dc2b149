/** Makes a directory with those above it, on any file system. */
import { mkdirSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";

/**
 * Node's own `recursive` never returns where the system refuses a directory with ENOENT although the one above it is
 * there, as it does below /proc. Throws the system's error; `mode` is for those that are made.
 */
export function makeDirectory(path: string, options: { mode?: number } = {}): void {
  const missing: string[] = [];
  for (let at = resolve(path); !isThere(at); at = dirname(at)) missing.unshift(at);
  for (const each of missing) makeOne(each, options);
}

/** Throws where it is no directory, or cannot be looked at. */
function isThere(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return false;
  // Says so in the system's words.
  if (!found.isDirectory()) mkdirSync(path);
  return true;
}

function makeOne(path: string, options: { mode?: number }): void {
  try {
    mkdirSync(path, options);
  } catch (error) {
    // Somebody else was faster.
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST" && isThere(path))) throw error;
  }
}
