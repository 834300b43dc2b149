/** One harness writes a result file at a time. */
import { rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { HumError } from "../../core/errors.ts";
import { toError } from "../../core/to-error.ts";
import { type FileLock, takeLock } from "../../platform/file-lock.ts";

export interface ResultLock {
  /** May be called again. */
  release(): void;
  /** Nobody will write the file again: nothing of the lock stays behind. It is still to be released. */
  remove(): void;
}

/**
 * Throws HumError `overloaded` where another harness writes it. The lock's file stays as long as the run may be taken up:
 * were it removed, one could hold a lock on the removed file, and another one on a new file.
 */
export function lockResults(file: string): ResultLock {
  const path = join(dirname(file), `.${basename(file)}.lock`);
  let held = take(path);
  if (held === null) {
    throw new HumError(
      "overloaded",
      `${file} is being written by another harness; wait for its end, or use another directory`,
    );
  }
  return {
    release() {
      held?.release();
      held = null;
    },
    remove: () => rmSync(path, { force: true }),
  };
}

/** The database behind a lock says neither where it is nor, mostly, why it cannot be opened. */
function take(path: string): FileLock | null {
  try {
    return takeLock(path);
  } catch (cause) {
    const message = `${path} cannot be made, which keeps other harnesses from the result file: ${toError(cause).message}`;
    throw new HumError("internal", message, { cause });
  }
}
