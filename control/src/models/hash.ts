/** Files by their bytes: hashed as they are read or written, and held to what they must be. */
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

export interface FileFacts {
  sha256: string;
  bytes: number;
}

/** Rejects where the file cannot be read. */
export async function hashFile(file: string, signal?: AbortSignal): Promise<FileFacts> {
  const digest = createDigest();
  for await (const _ of readAll([file], digest)) signal?.throwIfAborted();
  return digest.facts();
}

/** Writes `parts` one after the other into `target`. */
export async function concatenate(
  parts: readonly string[],
  options: { target: string; signal: AbortSignal },
): Promise<FileFacts> {
  const digest = createDigest();
  const write = createWriteStream(options.target, { flush: true });
  await pipeline(readAll(parts, digest), write, { signal: options.signal });
  return digest.facts();
}

/** Undefined where `found` is what is expected, as far as that is known, else what is wrong with it. */
export function differenceOf(
  found: FileFacts,
  expected: { sha256?: string | undefined; bytes?: number | undefined },
): string | undefined {
  if (expected.sha256 !== undefined && expected.sha256 !== found.sha256) {
    const size = expected.bytes === undefined ? "" : ` (${expected.bytes} bytes)`;
    return `has sha256 ${found.sha256} (${found.bytes} bytes), but must have ${expected.sha256}${size}`;
  }
  if (expected.bytes === undefined || expected.bytes === found.bytes) return undefined;
  return `has ${found.bytes} bytes, but must have ${expected.bytes}`;
}

interface Digest {
  update(chunk: Uint8Array): void;
  facts(): FileFacts;
}

function createDigest(): Digest {
  const hash = createHash("sha256");
  let bytes = 0;
  return {
    update(chunk) {
      hash.update(chunk);
      bytes += chunk.byteLength;
    },
    facts: () => ({ sha256: hash.digest("hex"), bytes }),
  };
}

function readAll(parts: readonly string[], digest: Digest): Readable {
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (const part of parts) {
      for await (const chunk of createReadStream(part, { highWaterMark: 1 << 20 })) {
        digest.update(chunk as Uint8Array);
        yield chunk as Uint8Array;
      }
    }
  }
  return Readable.from(chunks());
}
