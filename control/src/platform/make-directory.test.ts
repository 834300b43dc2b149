import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { makeDirectory } from "./make-directory.ts";

function makeTemporary(): string {
  const dir = mkdtempSync(join(tmpdir(), "hum-dir-"));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

test("makes a directory with all above it, several times and at the same time", async () => {
  const path = join(makeTemporary(), "a", "b", "c");
  await Promise.all([makeDirectory(path), makeDirectory(path), makeDirectory(join(path, "d"))]);
  await makeDirectory(path);
  expect(statSync(join(path, "d")).isDirectory()).toBe(true);
});

test("a file in the way is told", async () => {
  const file = join(makeTemporary(), "file");
  writeFileSync(file, "");
  await expect(makeDirectory(file)).rejects.toThrow(/EEXIST/);
  await expect(makeDirectory(join(file, "below"))).rejects.toThrow(/EEXIST|ENOTDIR/);
});

test.runIf(existsSync("/proc/self"))("where nothing can be made, as below /proc, it says so and ends", async () => {
  await expect(makeDirectory("/proc/hum-helix/results")).rejects.toThrow(/ENOENT|EACCES|EPERM/);
});
