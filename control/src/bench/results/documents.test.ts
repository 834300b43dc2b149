import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { documentsOf, type RawDocument } from "./documents.ts";

async function read(text: string | Buffer): Promise<RawDocument[]> {
  const directory = mkdtempSync(join(tmpdir(), "hum-documents-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, "x.yaml");
  writeFileSync(file, text);
  return Array.fromAsync(documentsOf(file));
}

const texts = async (text: string) => (await read(text)).map((document) => document.text.trim());

test("documents come with their lines, where they end, and whether they are closed", async () => {
  expect(await read("---\na: 1\n...\n---\nb: 2\n---\nc: 3\n")).toEqual([
    { text: "\na: 1\n", line: 1, end: 13, closed: true, last: false },
    { text: "\nb: 2\n", line: 4, end: 22, closed: false, last: false },
    { text: "\nc: 3\n", line: 6, end: 31, closed: false, last: true },
  ]);
});

test.each([
  ["no marks at all", "a: 1\n", ["a: 1"]],
  [
    "comments and directives around documents",
    "%YAML 1.2\n# one\n---\na: 1\n...\n# two\n---\nb: 2\n...\n# three\n",
    ["a: 1", "b: 2"],
  ],
  ["a document on the line of its mark", '--- {"a": 1}\n--- {"b": 2}\n', ['{"a": 1}', '{"b": 2}']],
  ["line ends of another system", "---\r\na: 1\r\n...\r\n---\r\nb: 2\r\n...\r\n", ["a: 1", "b: 2"]],
  ["marks that are none", '---\na: "---"\n---b: 1\n ---\n....\n...\n', ['a: "---"\n---b: 1\n ---\n....']],
  ["blank lines between documents", "\n\n---\na: 1\n...\n\n\n---\nb: 2\n...\n\n", ["a: 1", "b: 2"]],
  ["an empty file", "", []],
])("of %s all documents are found", async (_, text, found) => {
  expect(await texts(text)).toEqual(found);
});

test("a mark that is cut off is part of what is torn", async () => {
  for (const tail of ["-", "--", "---", "---\n", "---\na", "---\na: 1\n.."]) {
    const documents = await read(`---\na: 1\n...\n${tail}`);
    expect(documents.at(-1), tail).toMatchObject({ last: true, closed: false });
    expect(documents.at(-2), tail).toMatchObject({ closed: true, end: 13 });
  }
});

test("documents larger than what is read at once are found whole, with their lines", async () => {
  const long = "x".repeat(700_000);
  const documents = await read(Array.from({ length: 5 }, (_, index) => `---\na: ${index}\nb: ${long}\n...\n`).join(""));
  expect(documents.map(({ text }) => text.length)).toEqual(Array.from({ length: 5 }, () => 700_010));
  expect(documents.map(({ line }) => line)).toEqual([1, 5, 9, 13, 17]);
});

test("a document that is no UTF-8 is told with its line, but not where it is torn", async () => {
  const torn = Buffer.from("---\na: é").subarray(0, -1);
  expect((await read(torn)).map(({ last }) => last)).toEqual([true]);
  const broken = Buffer.concat([Buffer.from("---\na: 1\n...\n---\nb: "), Buffer.from([0xff]), Buffer.from("\n...\n")]);
  await expect(read(broken)).rejects.toThrow(/x\.yaml:4: the document that begins here is no UTF-8/);
});

test("a file that is not there is told", async () => {
  await expect(Array.fromAsync(documentsOf("/nonexistent/x.yaml"))).rejects.toThrow(
    /^\/nonexistent\/x\.yaml: cannot be read: ENOENT/,
  );
});
