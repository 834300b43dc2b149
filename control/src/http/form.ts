/** A multipart form as it streams in: option fields are collected, the part named `file` goes to the scratch. */
import { once } from "node:events";
import type { Readable } from "node:stream";
import { Busboy, type BusboyInstance } from "@fastify/busboy";
import { HumError, toHumError } from "../core/errors.ts";
import { quote } from "../core/quote.ts";
import type { Upload } from "../jobs/audio.ts";
import type { Fields } from "../jobs/raw.ts";
import type { Scratch } from "../jobs/scratch.ts";
import { createReleaser, type Releaser } from "./release.ts";

export interface FormOptions {
  contentType: string;
  maxParts: number;
  scratch: Scratch;
  /** Called once, as soon as the form is known to be wrong. */
  onFailure: (error: unknown) => void;
}

export interface Form {
  /** A returned promise is backpressure. */
  write: (chunk: Buffer) => Promise<unknown> | undefined;
  /** After the last write. */
  finish(): Promise<Upload>;
  destroy(): void;
}

const limits = { fieldSize: 64 * 1024, headerPairs: 16, headerSize: 8 * 1024 };

/** Throws HumError `bad_request` where there is no usable boundary. */
export function createForm(options: FormOptions): Form {
  const { scratch } = options;
  const fields: Fields = [];
  let file: { mediaType: string; stored: Promise<void> } | null = null;
  const releaser = createReleaser();
  const busboy = openBusboy(options);
  const parsed = Promise.withResolvers<void>();
  parsed.promise.catch(options.onFailure);
  const fail = (error: unknown) => parsed.reject(error);

  busboy.on("finish", () => parsed.resolve());
  busboy.on("error", (error) => fail(broken(toHumError(error).message)));
  busboy.on("partsLimit", () => {
    fail(new HumError("bad_request", `the form has more than ${options.maxParts} parts, which is the most accepted`));
  });
  busboy.on("field", (name: string | undefined, value, _nameTruncated, valueTruncated) => {
    if (name === undefined) return fail(broken("a part has no name"));
    if (valueTruncated) {
      const message = `${quote(name)} is longer than ${limits.fieldSize} bytes, the most that a field may hold`;
      return fail(new HumError("bad_request", message, { param: name }));
    }
    if (name === "file") {
      const message = "file is plain text without a file name; send the file itself (with curl: -F file=@PATH)";
      return fail(new HumError("bad_request", message, { param: "file" }));
    }
    fields.push([name, value]);
  });
  busboy.on("file", (name: string | undefined, stream, _fileName, _encoding, mediaType) => {
    if (name !== "file") {
      stream.on("error", () => undefined).resume();
      return;
    }
    if (file !== null) {
      stream.on("error", () => undefined).resume();
      return fail(new HumError("bad_request", "the form has more than one file; send one", { param: "file" }));
    }
    file = { mediaType, stored: store(stream, { scratch, releaser }) };
    file.stored.catch(fail);
  });

  return {
    write(chunk) {
      releaser.entered(chunk);
      return busboy.write(chunk) ? undefined : once(busboy, "drain");
    },
    async finish() {
      busboy.end();
      await parsed.promise;
      if (file === null) {
        throw new HumError("bad_request", "the form has no file; send the audio as a part named file", {
          param: "file",
        });
      }
      await file.stored;
      return { fields, audio: await scratch.finish(), mediaType: file.mediaType };
    },
    destroy() {
      busboy.removeAllListeners();
      busboy.on("error", () => undefined);
      busboy.destroy();
    },
  };
}

function openBusboy(options: FormOptions): BusboyInstance {
  try {
    return new Busboy({
      headers: { "content-type": options.contentType },
      limits: { ...limits, parts: options.maxParts },
      // Some clients send a nameless file; a plain text part of that name is a path sent by mistake.
      isPartAFile: (name, type, fileName) => fileName !== undefined || (name === "file" && type !== "text/plain"),
    });
  } catch (error) {
    throw broken(toHumError(error).message);
  }
}

async function store(stream: Readable, into: { scratch: Scratch; releaser: Releaser }): Promise<void> {
  try {
    for await (const slice of stream) {
      into.releaser.left(slice);
      await into.scratch.write(slice);
    }
  } catch (error) {
    // The parser reports a part that breaks off as an error of the part's stream.
    throw error instanceof HumError ? error : broken(toHumError(error).message);
  }
}

const broken = (detail: string) => new HumError("bad_request", `the multipart body is broken: ${detail}`);
