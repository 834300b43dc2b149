/** One upload's bytes while they arrive: hashed, kept in memory while they are few, else in a scratch file. */
import { createHash } from "node:crypto";
import { type FileHandle, open, rm } from "node:fs/promises";
import { HumError } from "../core/errors.ts";
import { type ByteSource, maxMemoryBytes } from "../core/job.ts";

export interface ScratchAudio {
  source: ByteSource;
  bytes: number;
  sha256: string;
  /** The first bytes, up to `maxHeadBytes`: enough to see what it is. */
  head: Uint8Array;
}

export interface Scratch {
  /**
   * Undefined where it is done at once, as for all that stays in memory; else one at a time. Rejects with HumError
   * `overloaded` when the disk is full.
   */
  write(chunk: Uint8Array): Promise<void> | undefined;
  finish(): Promise<ScratchAudio>;
  /** Forgets the bytes and removes the file; may be called at any time, and again. */
  discard(): Promise<void>;
}

const maxHeadBytes = 64 * 1024;

/**
 * `path` is made only if it is needed, and must not exist. `expectedBytes` is what the client announced: with a block of that
 * size from the start, nothing need be copied as it grows. It takes no memory before it is filled.
 */
export function createScratch(path: string, options: { expectedBytes?: number } = {}): Scratch {
  const leastBytes = Math.min(maxMemoryBytes, options.expectedBytes ?? maxHeadBytes);
  const hash = createHash("sha256");
  // Blocks that are filled and written over again: small chunks cannot pile up, and a large file needs no more than two.
  let block = Buffer.alloc(0);
  /** Beside the one that is filled, so that the client need not wait while that one is written. */
  let spare = Buffer.alloc(0);
  let writing: Promise<void> = Promise.resolve();
  let filled = 0;
  let flushed = 0;
  let head: Uint8Array | null = null;
  let file: FileHandle | null = null;
  let work: Promise<unknown> = Promise.resolve();
  let pending = 0;
  let discarded = false;

  function reserve(bytes: number) {
    const wanted = Math.min(maxMemoryBytes, filled + bytes);
    if (wanted <= block.byteLength) return;
    const size = Math.min(maxMemoryBytes, Math.max(wanted, block.byteLength * 2, leastBytes));
    const larger = Buffer.allocUnsafeSlow(size);
    block.copy(larger, 0, 0, filled);
    block = larger;
  }

  /** Resolves when the block may be filled again; how its writing went is told by the next call. */
  async function flush() {
    file ??= await open(path, "wx", 0o600);
    head ??= Buffer.from(block.subarray(0, maxHeadBytes));
    await writing;
    const full = block.subarray(0, filled);
    [block, spare] = [spare, block];
    flushed += filled;
    filled = 0;
    writing = writeWhole(file, full);
    // Whoever flushes or finishes next awaits it.
    writing.catch(() => undefined);
  }

  /** How many of the bytes still fit into the block. */
  function fill(bytes: Uint8Array): number {
    reserve(bytes.byteLength);
    const part = bytes.subarray(0, block.byteLength - filled);
    block.set(part, filled);
    filled += part.byteLength;
    return part.byteLength;
  }

  async function append(chunk: Uint8Array) {
    hash.update(chunk);
    for (let taken = 0; taken < chunk.byteLength; ) {
      if (filled === maxMemoryBytes) await flush();
      taken += fill(chunk.subarray(taken));
    }
  }

  /** A promise and a pause for each chunk would cost a small upload more than its copying. */
  function appendAtOnce(chunk: Uint8Array): boolean {
    if (discarded || pending > 0 || filled + chunk.byteLength > maxMemoryBytes) return false;
    hash.update(chunk);
    fill(chunk);
    return true;
  }

  async function finish(): Promise<ScratchAudio> {
    const bytes = flushed + filled;
    if (file === null) {
      const used = block.subarray(0, filled);
      // A job may wait for long: it keeps no more than it needs.
      const data = filled * 2 > block.byteLength ? used : Buffer.from(used);
      block = Buffer.alloc(0);
      return { source: { kind: "memory", data }, bytes, sha256: hash.digest("hex"), head: data };
    }
    await flush();
    await writing;
    await file.close();
    block = spare = Buffer.alloc(0);
    const source: ByteSource = { kind: "file", path, offset: 0, length: bytes };
    return { source, bytes, sha256: hash.digest("hex"), head: head ?? new Uint8Array(0) };
  }

  /** In order, and never while the file is being removed. */
  function enqueue<T>(step: () => Promise<T>): Promise<T> {
    pending += 1;
    const result = work.then(() => {
      if (discarded) throw new HumError("cancelled", "the upload was given up");
      return step();
    });
    work = result
      .catch(() => undefined)
      .finally(() => {
        pending -= 1;
      });
    return result.catch((error) => {
      throw toScratchError(error);
    });
  }

  return {
    write: (chunk) => (appendAtOnce(chunk) ? undefined : enqueue(() => append(chunk))),
    finish: () => enqueue(finish),
    async discard() {
      discarded = true;
      await work;
      await writing.catch(() => undefined);
      block = spare = Buffer.alloc(0);
      await file?.close();
      file = null;
      await rm(path, { force: true });
    },
  };
}

async function writeWhole(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.byteLength; ) {
    written += (await file.write(bytes, written, bytes.byteLength - written)).bytesWritten;
  }
}

function toScratchError(error: unknown): unknown {
  const code = error instanceof Error && "code" in error ? error.code : null;
  if (code !== "ENOSPC" && code !== "EDQUOT") return error;
  return new HumError("overloaded", "there is no room left to keep the upload; try again later", { cause: error });
}
