/** Puts files together from their parts, hashing as it writes, so that a wrong byte is found before anything is used. */
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { HumError } from "../core/errors.ts";

/** Concatenates `parts` into `target`. Throws where the result is not what `expected` says. */
export async function assembleFile(
  parts: readonly string[],
  options: { target: string; expected: { sha256: string; bytes: number }; name: string; signal?: AbortSignal },
): Promise<void> {
  const digest = createDigest();
  const write = createWriteStream(options.target, { flush: true });
  await pipeline(readAll(parts, digest), write, options.signal === undefined ? {} : { signal: options.signal });
  const problem = digest.compare(options.expected);
  if (problem !== undefined) throw new HumError("internal", `${options.name} ${problem}`, { stage: "load" });
}

/** Undefined for a file that is what `expected` says, else what is wrong with it. */
export async function verifyFile(
  file: string,
  expected: { sha256: string; bytes: number },
): Promise<string | undefined> {
  const digest = createDigest();
  try {
    for await (const _ of readAll([file], digest));
  } catch (error) {
    return `cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
  return digest.compare(expected);
}

interface Digest {
  update(chunk: Uint8Array): void;
  compare(expected: { sha256: string; bytes: number }): string | undefined;
}

function createDigest(): Digest {
  const hash = createHash("sha256");
  let bytes = 0;
  return {
    update(chunk) {
      hash.update(chunk);
      bytes += chunk.byteLength;
    },
    compare(expected) {
      const sha256 = hash.digest("hex");
      if (sha256 === expected.sha256) return undefined;
      return `has sha256 ${sha256} (${bytes} bytes), but the catalogue lists ${expected.sha256} (${expected.bytes} bytes)`;
    },
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
