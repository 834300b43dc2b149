/** Makes a directory and those above it, one by one: Node's recursive mkdir never returns below a /proc. */
import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";

/** It may be there already. Rejects with the system's error where it, or one above it, cannot be made. */
export async function makeDirectory(path: string): Promise<void> {
  if (await isDirectory(path)) return;
  const parent = dirname(path);
  if (parent !== path) await makeDirectory(parent);
  try {
    await mkdir(path);
  } catch (error) {
    // Another one may have made it meanwhile.
    if (!(await isDirectory(path))) throw error;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}
