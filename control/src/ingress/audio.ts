/** Gets a request's audio, whichever way it names it, and keeps a copy of its own: what changes meanwhile changes no job. */
import { HumError } from "../core/errors.ts";
import type { Audio } from "../core/job.ts";
import { describeAudio } from "../jobs/audio.ts";
import type { Scratch } from "../jobs/scratch.ts";
import { openAllowed } from "./allowed-file.ts";
import type { RequestCommand } from "./command.ts";
import { fetchAudio } from "./fetch-audio.ts";

export interface AudioOptions {
  /** Takes the bytes; whoever made it discards it. */
  scratch: Scratch;
  roots: readonly string[];
  allowUrls: boolean;
  maxBytes: number;
  maxDurationS: number;
  /** For all of a URL. */
  fetchTimeoutMs: number;
  /** Its reason is a HumError. */
  signal: AbortSignal;
}

type Named = RequestCommand["data"]["audio"];

const unknownType = "application/octet-stream";

/** Rejects with a HumError that says what was wrong: `bad_request`, `bad_audio`, `too_large`, or of the network. */
export async function obtainAudio(named: Named, options: AudioOptions): Promise<Audio> {
  const { scratch, maxDurationS } = options;
  const mediaType = await copy(named, options);
  const audio = await scratch.finish();
  if (audio.bytes === 0) {
    throw new HumError("bad_audio", "the file is empty; it must hold audio", { param: "audio" });
  }
  return describeAudio({ fields: [], audio, mediaType }, { maxDurationS });
}

/** Resolves with the media type, as far as one is known. */
async function copy(named: Named, options: AudioOptions): Promise<string> {
  const { scratch, maxBytes, signal } = options;
  if ("data" in named) {
    await scratch.write(Buffer.from(named.data, "base64"));
    return named.media_type;
  }
  if ("path" in named) {
    const file = await openAllowed(named.path, options);
    await take(file.createReadStream(), { scratch, maxBytes, signal });
    return unknownType;
  }
  if (!options.allowUrls) {
    const message = "this node fetches no URLs (commands.allow_urls is false): send the bytes in audio.data";
    throw new HumError("bad_request", message, { param: "audio" });
  }
  const fetched = await fetchAudio(named.url, { timeoutMs: options.fetchTimeoutMs, signal });
  try {
    await take(fetched.body, { scratch, maxBytes, signal: fetched.signal });
  } finally {
    fetched.close();
  }
  return fetched.mediaType ?? unknownType;
}

async function take(
  chunks: AsyncIterable<Uint8Array>,
  { scratch, maxBytes, signal }: { scratch: Scratch; maxBytes: number; signal: AbortSignal },
): Promise<void> {
  let bytes = 0;
  for await (const chunk of chunks) {
    signal.throwIfAborted();
    bytes += chunk.byteLength;
    if (bytes > maxBytes) {
      throw new HumError("too_large", `there are more than ${maxBytes} bytes, the most accepted`, { param: "audio" });
    }
    await scratch.write(chunk);
  }
}
