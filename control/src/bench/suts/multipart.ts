/** A multipart body with one file, in parts that are written one after the other: the audio itself is never copied. */
import type { AudioFile } from "./audio.ts";

export type FormField = readonly [name: string, value: string];

export interface Multipart {
  contentType: string;
  bytes: number;
  parts: readonly [head: Buffer, file: Buffer, tail: Buffer];
}

/** RFC 7578; no audio holds this line by chance. */
const boundary = "hum-helix-bench-3f9c52d87a1e4b06";
const tail = Buffer.from(`\r\n--${boundary}--\r\n`);

export function multipartOf(fields: readonly FormField[], file: AudioFile): Multipart {
  const text = fields.map(([name, value]) => `${partOf(`name="${escaped(name)}"`)}\r\n${value}\r\n`);
  const head = Buffer.from(
    `${text.join("")}${partOf(`name="file"; filename="${escaped(file.name)}"`)}content-type: application/octet-stream\r\n\r\n`,
  );
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    bytes: head.byteLength + file.bytes.byteLength + tail.byteLength,
    parts: [head, file.bytes, tail],
  };
}

const partOf = (disposition: string) => `--${boundary}\r\ncontent-disposition: form-data; ${disposition}\r\n`;

/** As browsers do (https://html.spec.whatwg.org/#multipart-form-data). */
const escaped = (name: string) => name.replaceAll("\n", "%0A").replaceAll("\r", "%0D").replaceAll('"', "%22");
