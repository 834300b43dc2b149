/** One file of lines that only grows: opened and mended, appended to with fsync, and begun anew when it is full. */
import { type FileHandle, open, stat } from "node:fs/promises";
import { HumError } from "../../core/errors.ts";
import { syncNames } from "../../platform/sync-names.ts";
import { absent, rotate, rotated } from "./file-rotation.ts";
import { readTail } from "./file-tail.ts";

export interface Lines {
  /** The last sequence of each source, as far as it was found near the end. */
  readonly sequences: ReadonlyMap<string, number>;
  /** How many torn bytes were cut off. */
  readonly tornBytes: number;
  bytes(): number;
  /** Whether the path leads to this very file still; notices too what others did to its length. */
  isCurrent(): Promise<boolean>;
  /** Resolves when it is on the disk; rejects with nothing of it left in the file, as far as that can be done. */
  append(text: string): Promise<void>;
  /** Waits for what is under way. */
  close(): Promise<void>;
}

/** Whoever may read the file is the administrator's choice: a new one belongs to us alone, one that is there stays as it is. */
const defaultMode = 0o600;

/** Rejects with the system's error, or with HumError `bad_request` where something else than events lies there. */
export async function openLines(path: string, mode?: number): Promise<Lines> {
  const isNew = (await stat(path).catch(absent)) === null;
  const handle = await open(path, "a+", defaultMode);
  try {
    const stats = await handle.stat();
    if (!stats.isFile()) throw new HumError("bad_request", `'${path}' is not a regular file`);
    if (isNew && mode !== undefined) await handle.chmod(mode);
    const tail = await readTail(handle, { path, size: stats.size });
    if (tail.endsWithEvent) await handle.appendFile("\n");
    else if (tail.wholeBytes < stats.size) await handle.truncate(tail.wholeBytes);
    // What a writer before us left unsynced counts as written from now on.
    await handle.sync();
    await syncNames(path);
    const older = await sequencesBefore(path, { openedMs: isNew ? null : stats.birthtimeMs });
    const sequences = new Map([...older, ...tail.sequences]);
    const tornBytes = tail.endsWithEvent ? 0 : stats.size - tail.wholeBytes;
    return { sequences, tornBytes, ...(await appender(handle, path)) };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** A file is made right after the one before it was renamed, which is what `ctime` tells. */
const maxRotationMs = 10_000;

/** What is at the end of `path.1`, if that was our file until `path` was begun, and not one that lies there since long ago. */
async function sequencesBefore(path: string, { openedMs }: { openedMs: number | null }): Promise<Map<string, number>> {
  const previous = rotated(path, 1);
  const handle = await open(previous, "r").catch(absent);
  if (handle === null) return new Map();
  try {
    const { size, ctimeMs } = await handle.stat();
    if (openedMs !== null && Math.abs(openedMs - ctimeMs) > maxRotationMs) return new Map();
    return (await readTail(handle, { path: previous, size })).sequences;
  } finally {
    await handle.close();
  }
}

async function appender(handle: FileHandle, path: string) {
  let { size, ino, dev } = await handle.stat();
  return {
    bytes: () => size,
    async isCurrent() {
      const named = await stat(path).catch(absent);
      if (named?.ino !== ino || named.dev !== dev) return false;
      size = named.size;
      return true;
    },
    async append(text: string) {
      try {
        await handle.appendFile(text);
        await handle.datasync();
        size += Buffer.byteLength(text);
      } catch (error) {
        // Otherwise it would be taken for written, whether or not it has reached the disk.
        await handle.truncate(size).catch(() => undefined);
        throw error;
      }
    },
    close: () => handle.close(),
  };
}

/** Moves a full file away and opens the next. */
export async function nextLines(path: string, options: { full: Lines; maxFiles: number }): Promise<Lines> {
  const { mode } = await stat(path);
  await options.full.close();
  await rotate(path, options.maxFiles);
  return openLines(path, mode & 0o777);
}
