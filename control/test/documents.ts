/** The documents that people read, for the tests that hold them to what they say. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkoutRoot } from "../src/core/checkout.ts";

export const documents = [
  "README.md",
  "CONTRIBUTING.md",
  "proto/README.md",
  "proto/events/README.md",
  "proto/events/SUBSCRIBE.md",
];

export interface Snippet {
  /** Of the document. */
  line: number;
  /** As it stands behind the fence; empty where nothing does. */
  language: string;
  text: string;
}

export const readDocument = (document: string): string => readFileSync(join(checkoutRoot, document), "utf8");

/** The fenced blocks of a document, or of one section of it. */
export function snippetsOf(document: string, section?: string): Snippet[] {
  const all = readDocument(document);
  const start = section === undefined ? 0 : all.indexOf(`\n## ${section}\n`);
  if (start < 0) throw new Error(`${document} has no section ${section}`);
  const end = section === undefined ? -1 : all.indexOf("\n## ", start + 1);
  const text = all.slice(start, end < 0 ? undefined : end);
  return [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(({ index, 1: language = "", 2: code = "" }) => ({
    line: all.slice(0, start + index).split("\n").length,
    language,
    text: code,
  }));
}
