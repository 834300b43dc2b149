/** Writes a result file: each document is on the disk before the next one is begun, and none is ever changed. */
import { type FileHandle, open, rm } from "node:fs/promises";
import { join } from "node:path";
import { HumError } from "../../core/errors.ts";
import { toError } from "../../core/to-error.ts";
import { makeDirectory } from "../../platform/make-directory.ts";
import { syncNames } from "../../platform/sync-names.ts";
import { writeChecksum } from "./checksum.ts";
import { formatDocument } from "./format.ts";
import { lockResults, type ResultLock } from "./lock.ts";
import { type ResultDocument, type RunRecord, resultDocumentSchema } from "./record.ts";

export interface ResultWriter {
  readonly file: string;
  /**
   * Resolves when it is on the disk. Rejects with nothing of it left in the file, as far as that can be done: what is
   * left is cut off, which readers take for what it is. The next one may be tried all the same.
   */
  append(document: ResultDocument): Promise<void>;
  /** Of a run that is complete it writes the checksum. Waits for what is under way. */
  close(): Promise<void>;
}

/** `benchmark-20261124T180102Z-0123abcd.db.yaml`: sorted by name is sorted by time. */
export function resultName({ started, run_id }: Pick<RunRecord, "started" | "run_id">): string {
  const stamp = new Date(started).toISOString().replace(/\.\d+/, "").replaceAll(/[-:]/g, "");
  return `benchmark-${stamp}-${run_id.slice(0, 8)}.db.yaml`;
}

/** Where it is missing. Throws HumError where it cannot be made. */
export function makeResultsDirectory(directory: string): void {
  try {
    makeDirectory(directory);
  } catch (error) {
    throw failed(directory, error);
  }
}

/** A new file in a directory that is made where it is missing. Rejects where the file is there already. */
export async function createResults(directory: string, run: RunRecord): Promise<ResultWriter> {
  makeResultsDirectory(directory);
  const file = join(directory, resultName(run));
  const lock = lockResults(file);
  try {
    return await begin(file, { run, lock });
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function begin(file: string, { run, lock }: { run: RunRecord; lock: ResultLock }): Promise<ResultWriter> {
  const handle = await open(file, "ax", 0o644).catch((error: unknown) => {
    throw failed(file, error);
  });
  try {
    const writer = writerOf({ file, handle, lock, wholeBytes: 0 });
    await writer.append(run);
    await syncNames(file);
    return writer;
  } catch (error) {
    await handle.close();
    await rm(file, { force: true });
    throw error;
  }
}

/** Goes on behind the last whole document; what is torn behind it is cut off. The lock is the writer's from now on. */
export async function reopenResults(
  file: string,
  { wholeBytes, lock }: { wholeBytes: number; lock: ResultLock },
): Promise<ResultWriter> {
  const handle = await open(file, "a");
  try {
    await handle.truncate(wholeBytes);
    await handle.sync();
    return writerOf({ file, handle, lock, wholeBytes });
  } catch (error) {
    await handle.close();
    throw failed(file, error);
  }
}

interface Open {
  file: string;
  handle: FileHandle;
  lock: ResultLock;
  wholeBytes: number;
}

function writerOf({ file, handle, lock, wholeBytes }: Open): ResultWriter {
  let written = wholeBytes;
  let isComplete = false;
  let underWay: Promise<void> = Promise.resolve();

  async function write(bytes: Uint8Array): Promise<void> {
    try {
      await writeWhole(handle, bytes);
      await handle.datasync();
      written += bytes.byteLength;
    } catch (error) {
      await handle.truncate(written).catch(() => undefined);
      throw failed(file, error);
    }
  }

  return {
    file,
    append(document) {
      const appended = underWay.then(async () => {
        // What could not be read again is told now.
        const valid = resultDocumentSchema.parse(document);
        await write(Buffer.from(formatDocument(valid)));
        isComplete = valid.kind === "run-end" && valid.status === "complete";
      });
      underWay = appended.catch(() => undefined);
      return appended;
    },
    async close() {
      await underWay;
      await handle.close();
      try {
        if (isComplete) await writeChecksum(file);
        if (isComplete) lock.remove();
      } finally {
        lock.release();
      }
    },
  };
}

/** One call, unless the system takes less of it. */
async function writeWhole(handle: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.byteLength; ) {
    written += (await handle.write(bytes, written, bytes.byteLength - written)).bytesWritten;
  }
}

function failed(file: string, error: unknown): HumError {
  const code = error instanceof Error && "code" in error ? error.code : null;
  const isFull = code === "ENOSPC" || code === "EDQUOT";
  const advice = isFull ? "; make room, and take the run up again" : "";
  return new HumError(
    isFull ? "overloaded" : "internal",
    `${file} cannot be written: ${toError(error).message}${advice}`,
    {
      cause: error,
    },
  );
}
