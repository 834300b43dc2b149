/** Makes sure that a new or renamed file is found under its name after a loss of power. */
import { open } from "node:fs/promises";
import { dirname } from "node:path";

/** Puts names on the disk, where the file system can do that; a file's own fsync does not. */
export async function syncNames(path: string): Promise<void> {
  const directory = await open(dirname(path), "r");
  try {
    await directory.sync();
  } catch (error) {
    if (!(error instanceof Error && "code" in error && ["EINVAL", "ENOTSUP"].includes(String(error.code)))) throw error;
  } finally {
    await directory.close();
  }
}
