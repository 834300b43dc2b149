/** The documents of a YAML stream as text, one after another, without reading the whole file into memory. */
import { createReadStream } from "node:fs";
import { ConfigError } from "../../core/config-error.ts";

export interface RawDocument {
  /** What stands between its marks. */
  text: string;
  /** Of the file, counted from 1: where the text begins. */
  line: number;
  /** Bytes of the file up to where the document ends, with its mark. */
  end: number;
  /** Whether `...` says that it is whole. */
  closed: boolean;
  /** Whether the file ends with it, without `...`. */
  last: boolean;
}

/** Throws ConfigError for a file that cannot be read, and for a document that is no UTF-8. */
export async function* documentsOf(file: string): AsyncGenerator<RawDocument, void, void> {
  /** What no document was made of yet: it begins right behind a mark. */
  let rest: Buffer = Buffer.alloc(0);
  let offset = 0;
  let line = 1;
  let opened = false;
  /** Takes the text before a mark out of the rest, and `skipped` bytes of the mark. */
  const take = (mark: Mark, skipped: number): RawDocument => {
    const bytes = rest.subarray(0, mark.start);
    const document = {
      text: decoded(bytes, `${file}:${line}`),
      line,
      end: offset + mark.start + (mark.kind === "end" ? skipped : 0),
      closed: mark.kind === "end",
      last: false,
    };
    rest = rest.subarray(mark.start + skipped);
    offset += mark.start + skipped;
    line += newlinesIn(bytes) + (mark.kind === "end" ? 1 : 0);
    return document;
  };

  for await (const chunk of chunksOf(file)) {
    // A mark may begin at the end of one chunk and go on in the next.
    let from = rest.lastIndexOf(newline) + 1;
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let mark = markFrom(rest, from); mark !== null; mark = markFrom(rest, from)) {
      const document = take(mark, mark.kind === "end" ? mark.bytes : markBytes);
      from = mark.kind === "end" ? 0 : rest.indexOf(newline) + 1;
      opened = mark.kind === "start";
      if (hasContent(document.text)) yield document;
    }
  }
  // What is torn within a character is no fault.
  const text = rest.toString("utf8");
  if (opened || hasContent(text)) yield { text, line, end: offset + rest.length, closed: false, last: true };
}

const chunkBytes = 1024 * 1024;
const newline = 0x0a;
const markBytes = 3;

async function* chunksOf(file: string): AsyncGenerator<Buffer, void, void> {
  try {
    for await (const chunk of createReadStream(file, { highWaterMark: chunkBytes })) yield chunk as Buffer;
  } catch (error) {
    if (!(error instanceof Error && "syscall" in error)) throw error;
    throw new ConfigError([{ place: file, message: `cannot be read: ${error.message}` }]);
  }
}

interface Mark {
  kind: "start" | "end";
  start: number;
  /** Of its whole line. */
  bytes: number;
}

/** The first at or behind `from`, where a line begins. Marks stand there alone, or with white space behind them. */
function markFrom(bytes: Buffer, from: number): Mark | null {
  let start = from;
  for (let end = bytes.indexOf(newline, start); end !== -1; end = bytes.indexOf(newline, start)) {
    const mark = /^(---|\.\.\.)\s/.exec(bytes.toString("latin1", start, Math.min(start + markBytes, end) + 1))?.[1];
    if (mark !== undefined) return { kind: mark === "---" ? "start" : "end", start, bytes: end + 1 - start };
    start = end + 1;
  }
  return null;
}

function newlinesIn(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(newline); at !== -1; at = bytes.indexOf(newline, at + 1)) count += 1;
  return count;
}

function decoded(bytes: Buffer, place: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new ConfigError([{ place, message: "the document that begins here is no UTF-8" }]);
  }
}

/** Comments and directives before a document are none. */
const hasContent = (text: string) => /^(?!\s*([#%]|$)).+/m.test(text);
