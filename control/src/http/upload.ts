/** A request's audio and option fields, whichever way they were sent: a multipart form, or a raw body and the query. */
import type { IncomingMessage } from "node:http";
import type { Clock } from "../core/clock.ts";
import type { Config } from "../core/config.ts";
import { HumError } from "../core/errors.ts";
import { quote } from "../core/quote.ts";
import type { Upload } from "../jobs/audio.ts";
import type { Fields } from "../jobs/raw.ts";
import type { Scratch } from "../jobs/scratch.ts";
import { checkAnnounced, readBody } from "./body.ts";
import type { HttpContext } from "./deps.ts";
import { expects } from "./expectation.ts";
import { createForm } from "./form.ts";
import { release } from "./release.ts";

export interface UploadOptions {
  scratch: Scratch;
  limits: Config["http"];
  graceMs: number;
  clock: Clock;
  /** Aborted when the client has left. */
  signal: AbortSignal;
}

/** Throws HumError with what was wrong; nothing of the body is read where its headers are wrong already. */
export async function receiveUpload(c: HttpContext, options: UploadOptions): Promise<Upload> {
  const { incoming, outgoing } = c.env;
  const limits = {
    maxBytes: options.limits.max_body_bytes,
    minBytesPerS: options.limits.min_body_bytes_per_s,
    graceMs: options.graceMs,
    maxMs: options.limits.max_body_s * 1000,
  };
  checkAnnounced(incoming, limits);
  checkEncoding(incoming);
  const contentType = incoming.headers["content-type"] ?? "";
  const mediaType = contentType.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  const receive = mediaType === "multipart/form-data" ? receiveForm : isMedia(mediaType) ? receiveRaw : null;
  if (receive === null) throw wrongContentType(mediaType);
  if (expects(incoming) !== null) outgoing.writeContinue();

  const stop = new AbortController();
  const upload = await receive(c, {
    options,
    stop: (error) => stop.abort(error),
    read: (write) => readBody(incoming, { limits, clock: options.clock, signal: stop.signal, write }),
  });
  if (options.signal.aborted) throw new HumError("cancelled", "the client left when its upload was complete");
  if (upload.audio.bytes === 0) {
    throw new HumError("bad_audio", "the file is empty; it must hold audio", { param: "file" });
  }
  return upload;
}

interface Receiving {
  options: UploadOptions;
  stop: (error: unknown) => void;
  read: (write: (chunk: Buffer) => Promise<unknown> | undefined) => Promise<void>;
}

async function receiveRaw(c: HttpContext, receiving: Receiving): Promise<Upload> {
  const { scratch } = receiving.options;
  await receiving.read((chunk) => {
    const written = scratch.write(chunk);
    if (written !== undefined) return written.then(() => release(chunk));
    release(chunk);
    return undefined;
  });
  const fields: Fields = [...new URL(c.req.url).searchParams];
  return { fields, audio: await scratch.finish(), mediaType: c.env.incoming.headers["content-type"] ?? "" };
}

async function receiveForm(c: HttpContext, receiving: Receiving): Promise<Upload> {
  const form = createForm({
    contentType: c.env.incoming.headers["content-type"] ?? "",
    maxParts: receiving.options.limits.max_parts,
    scratch: receiving.options.scratch,
    onFailure: receiving.stop,
  });
  try {
    await receiving.read(form.write);
    return await form.finish();
  } finally {
    form.destroy();
  }
}

const isMedia = (mediaType: string) =>
  mediaType.startsWith("audio/") || mediaType.startsWith("video/") || mediaType === "application/octet-stream";

function checkEncoding(incoming: IncomingMessage): void {
  const encoding = incoming.headers["content-encoding"];
  if (encoding === undefined || encoding.toLowerCase() === "identity") return;
  throw new HumError("unsupported_format", `the body is encoded as ${quote(encoding)}; send it without an encoding`);
}

function wrongContentType(mediaType: string): HumError {
  const given = mediaType === "" ? "the request has no content type" : `the content type is ${quote(mediaType)}`;
  return new HumError(
    "unsupported_format",
    `${given}; it must be multipart/form-data with a part named file, or audio/*, video/* or application/octet-stream`,
  );
}
