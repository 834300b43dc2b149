import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { formatManifest, type ManifestHeader, type ManifestItem, readManifest } from "./manifest.ts";
import { sampleOf } from "./sample.ts";

const item = (name: string, more: Partial<ManifestItem> = {}): ManifestItem => ({
  name,
  audio: `clips/${name}.wav`,
  sha256: "a".repeat(64),
  duration_s: 1.5,
  text: "hello",
  language: "en",
  speaker: null,
  expect: "speech",
  ...more,
});

const header = (items: number, more: Partial<ManifestHeader> = {}) => ({
  name: "few",
  source: "a test",
  licence: null,
  made: { by: "a test", builder: "folder", rules: [] },
  root: null,
  items,
  duration_s: 1.5 * items,
  left_out: {},
  ...more,
});

function write(text: string): { file: string; directory: string } {
  const directory = mkdtempSync(join(tmpdir(), "hum-manifest-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, "few.jsonl");
  writeFileSync(file, text);
  return { file, directory };
}

test("a manifest that was written is read as it was, with the root beside it", async () => {
  const items = [item("a"), item("b", { text: null, speaker: "s", expect: "empty" })];
  const { file, directory } = write(formatManifest(header(2), items));
  expect(await readManifest(file)).toMatchObject({ header: header(2), root: directory, items });
});

test("a root leads from the manifest, or stands for itself", async () => {
  const near = write(formatManifest(header(1, { root: "../sounds" }), [item("a")]));
  expect((await readManifest(near.file)).root).toBe(join(near.directory, "..", "sounds"));
  const far = write(formatManifest(header(1, { root: "/srv/sounds" }), [item("a")]));
  expect((await readManifest(far.file)).root).toBe("/srv/sounds");
});

test("everything that is wrong is told with its line, what is there, and what would be right", async () => {
  const lines = [
    formatManifest(header(5), [item("a"), item("b", { duration_s: 0 }), item("a")]).trimEnd(),
    "{",
    JSON.stringify(item("c", { audio: "../../etc/passwd" })),
    "",
  ];
  const { file } = write(lines.join("\n"));
  await expect(readManifest(file, "few.jsonl")).rejects.toThrow(
    [
      "few.jsonl:3: duration_s is 0: Too small: expected number to be >0",
      'few.jsonl:4: name is "a" as in line 2; each must differ',
      "few.jsonl:5: is no line of JSON: Expected property name or '}' in JSON at position 1 (line 1 column 2)",
      'few.jsonl:6: audio is "../../etc/passwd": must be a path inside of the root',
    ].join("\n"),
  );
});

test("a manifest that is cut off is refused", async () => {
  const { file } = write(formatManifest(header(3), [item("a"), item("b")]));
  await expect(readManifest(file, "few.jsonl")).rejects.toThrow(
    "few.jsonl:1: items is 3, but 2 follow: the file is cut off, or was edited",
  );
});

test("a file that is missing, and one of another kind, are refused", async () => {
  await expect(readManifest("/nowhere/few.jsonl")).rejects.toThrow("/nowhere/few.jsonl: cannot be read: ENOENT");
  const { file } = write('{"audio_filepath":"a.wav"}\n');
  await expect(readManifest(file, "few.jsonl")).rejects.toThrow("few.jsonl:1: schema");
});

test("of many problems the first are told, and how many more there are", async () => {
  const { file } = write(
    formatManifest(
      header(80),
      Array.from({ length: 80 }, (_, n) => item(`${n}`, { sha256: "" })),
    ),
  );
  const error = await readManifest(file, "few.jsonl").catch((thrown: Error) => thrown);
  expect((error as Error).message.split("\n")).toHaveLength(51);
  expect((error as Error).message).toMatch(/few.jsonl: and 30 more$/);
});

test("100,000 items are read in a few seconds", { timeout: 20_000 }, async () => {
  const items = Array.from({ length: 100_000 }, (_, n) => item(`clip-${n}`));
  const { file } = write(formatManifest(header(items.length), items));
  expect((await readManifest(file)).items).toHaveLength(100_000);
});

test("a sample does not depend on the order, and a larger one holds every smaller one", () => {
  const names = Array.from({ length: 200 }, (_, n) => ({ name: `clip-${n}` }));
  const few = sampleOf(names, { count: 20, seed: 1 });
  expect(few).toHaveLength(20);
  const sorted = (items: { name: string }[]) => items.map(({ name }) => name).toSorted((a, b) => a.localeCompare(b));
  expect(sorted(sampleOf(names.toReversed(), { count: 20, seed: 1 }))).toEqual(sorted(few));
  const more = new Set(sampleOf(names, { count: 60, seed: 1 }));
  expect(few.every((one) => more.has(one))).toBe(true);
  expect(sampleOf(names, { count: 20, seed: 2 })).not.toEqual(few);
  expect(sampleOf(names, { count: 300, seed: 1 })).toEqual(names);
});
