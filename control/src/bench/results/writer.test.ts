import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { makeEnd, makeRun, makeTrial } from "../../../test/bench-records.ts";
import { readResults } from "./reader.ts";
import { createResults, resultName } from "./writer.ts";

function makeDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "hum-writer-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}

test("a file is named after its run's time and id, and lies in a directory that is made", async () => {
  const directory = join(makeDirectory(), "a", "b");
  const writer = await createResults(directory, makeRun());
  onTestFinished(() => writer.close());
  expect(writer.file).toBe(join(directory, "benchmark-20261124T180102Z-0123abcd.db.yaml"));
  expect(resultName(makeRun({ started: "2026-01-02T03:04:05Z" }))).toBe("benchmark-20260102T030405Z-0123abcd.db.yaml");
});

test("each document is in the file once it was appended, in the order in which they were given", async () => {
  const writer = await createResults(makeDirectory(), makeRun());
  onTestFinished(() => writer.close());
  expect(await readResults(writer.file)).toMatchObject({ run: makeRun(), trials: [] });
  const ids = Array.from({ length: 20 }, (_, index) => `${index}`);
  await Promise.all(ids.map((trial_id) => writer.append(makeTrial({ trial_id }))));
  expect((await readResults(writer.file)).trials.map(({ trial_id }) => trial_id)).toEqual(ids);
});

test("what could not be read again is refused, and the file stays as it was", async () => {
  const writer = await createResults(makeDirectory(), makeRun());
  onTestFinished(() => writer.close());
  await expect(writer.append(makeTrial({ metrics: { rtf: Number.NaN } }))).rejects.toThrow(/rtf/);
  await writer.append(makeTrial());
  expect((await readResults(writer.file)).trials).toHaveLength(1);
});

test("a file that is there already is not written over", async () => {
  const directory = makeDirectory();
  const file = join(directory, resultName(makeRun()));
  writeFileSync(file, "precious");
  await expect(createResults(directory, makeRun())).rejects.toThrow(/cannot be written: EEXIST/);
  expect(readFileSync(file, "utf8")).toBe("precious");
});

test("a second harness cannot write the file at the same time", async () => {
  const directory = makeDirectory();
  const writer = await createResults(directory, makeRun());
  await expect(createResults(directory, makeRun())).rejects.toThrow(/is being written by another harness/);
  await writer.close();
  await expect(createResults(directory, makeRun())).rejects.toThrow(/EEXIST/);
});

test("where no lock can be made the error names it", async () => {
  const directory = makeDirectory();
  const lock = join(directory, `.${resultName(makeRun())}.lock`);
  mkdirSync(lock);
  await expect(createResults(directory, makeRun())).rejects.toThrow(`${lock} cannot be made`);
});

test("a complete run gets a checksum and leaves no lock; one that is not may be taken up", async () => {
  const directory = makeDirectory();
  const writer = await createResults(directory, makeRun());
  await writer.append(makeEnd());
  expect(existsSync(`${writer.file}.sha256`)).toBe(false);
  await writer.close();
  const name = resultName(makeRun());
  const digest = createHash("sha256").update(readFileSync(writer.file)).digest("hex");
  expect(readFileSync(`${writer.file}.sha256`, "utf8")).toBe(`${digest}  ${name}\n`);
  expect(readdirSync(directory).toSorted()).toEqual([name, `${name}.sha256`]);

  const other = await createResults(directory, makeRun({ run_id: "other" }));
  await other.append(makeEnd({ run_id: "other", status: "interrupted" }));
  await other.close();
  expect(existsSync(`${other.file}.sha256`)).toBe(false);
});
