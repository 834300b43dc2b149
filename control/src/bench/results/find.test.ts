import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { makeEnd, makeRun } from "../../../test/bench-records.ts";
import { findResult } from "./find.ts";
import { createResults } from "./writer.ts";

/** Runs by their ids, each a day after the one before. */
async function directoryOf(...ids: string[]): Promise<{ directory: string; files: string[] }> {
  const directory = mkdtempSync(join(tmpdir(), "hum-find-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const files: string[] = [];
  for (const [index, run_id] of ids.entries()) {
    const writer = await createResults(directory, makeRun({ run_id, started: `2026-11-0${index + 1}T10:00:00.000Z` }));
    await writer.append(makeEnd({ run_id }));
    await writer.close();
    files.push(writer.file);
  }
  return { directory, files };
}

test("a run is found as the latest, by its path, and by the beginning of its id or of its file's name", async () => {
  const { directory, files } = await directoryOf("aaaa1111-1", "aaaa2222-2", "bbbb3333-3");
  const find = (asked: string) => findResult(asked, { directory, cwd: directory });
  const [first, second, third] = files;
  expect(await find("latest")).toBe(third);
  expect(await find("aaaa1")).toBe(first);
  expect(await find("benchmark-20261102")).toBe(second);
  expect(await find(basename(second ?? ""))).toBe(second);
  // Every file's name begins so: an id goes before it.
  expect(await find("b")).toBe(third);
});

test("a name that several runs have, or none, is refused with what there is, the newest first", async () => {
  const { directory } = await directoryOf("aaaa1111-1", "aaaa2222-2", "bbbb3333-3");
  const find = (asked: string) => findResult(asked, { directory, cwd: "/" });
  const [first, second, third] = ["aaaa1111  2026-11-01", "aaaa2222  2026-11-02", "bbbb3333  2026-11-03"].map(
    (run) => `  ${run} 10:00  example`,
  );
  await expect(find("aaaa")).rejects.toThrow(
    [`2 runs in ${directory.slice(1)} begin with "aaaa":`, second, first].join("\n"),
  );
  await expect(find("x")).rejects.toThrow(
    [`no run in ${directory.slice(1)} begins with "x"; there are:`, third, second, first].join("\n"),
  );
  await expect(find("nowhere/x.yaml")).rejects.toThrow("nowhere/x.yaml: there is no such file");
  await expect(find(directory)).rejects.toThrow(`${directory} is a directory; it must be a result file`);
});

test("a damaged file is found by its name, so that what is wrong with it is told", async () => {
  const { directory } = await directoryOf("aaaa1111-1");
  const damaged = join(directory, "benchmark-damaged.db.yaml");
  writeFileSync(damaged, "--- \nkind: trial\n...\n");
  expect(await findResult("benchmark-dam", { directory, cwd: "/" })).toBe(damaged);
});

test("where there are no results yet it is told what makes some", async () => {
  const { directory } = await directoryOf();
  await expect(findResult("latest", { directory, cwd: directory })).rejects.toThrow(
    /^there are no results in .* yet; hum-helix bench run smoke makes the first$/,
  );
});
