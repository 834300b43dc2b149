import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { makeDirectory } from "./make-directory.ts";

function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), "hum-test-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}

test("all that is missing on the way is made, with its mode, and what is there is left", () => {
  const path = join(scratch(), "a", "b");
  makeDirectory(path, { mode: 0o700 });
  makeDirectory(path, { mode: 0o755 });
  expect(statSync(path).mode & 0o777).toBe(0o700);
});

test("a file in its place or on the way is refused", () => {
  const file = join(scratch(), "file");
  writeFileSync(file, "");
  const message = `EEXIST: file already exists, mkdir '${file}'`;
  expect(() => makeDirectory(file)).toThrow(message);
  expect(() => makeDirectory(join(file, "below"))).toThrow(message);
});

test("a link to nothing is refused", () => {
  const link = join(scratch(), "link");
  symlinkSync("/nowhere/at/all", link);
  expect(() => makeDirectory(join(link, "below"))).toThrow(/EEXIST|ENOENT/);
});

test.runIf(process.platform === "linux")(
  "where the system makes no directory it is told, and not tried forever",
  () => {
    expect(() => makeDirectory("/proc/hum-helix/results")).toThrow("/proc/hum-helix");
  },
);
