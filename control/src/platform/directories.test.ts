import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openDirectories } from "./directories.ts";

let dir: string;
let data: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "hum-"));
  data = join(dir, "data");
});
afterEach(() => rmSync(dir, { recursive: true }));

const modeOf = (path: string) => statSync(path).mode & 0o777;

test("what an earlier life left in scratch is removed", () => {
  const first = openDirectories(data);
  writeFileSync(join(first.scratch, "left.upload"), "");
  mkdirSync(join(first.scratch, "left"));
  first.release();
  const second = openDirectories(data);
  expect(readdirSync(second.scratch)).toEqual([]);
  second.release();
});

test("scratch and run are closed to others, even where they were open before", () => {
  for (const name of ["scratch", "run"]) mkdirSync(join(data, name), { recursive: true, mode: 0o755 });
  const directories = openDirectories(data);
  expect([directories.scratch, directories.runtime].map(modeOf)).toEqual([0o700, 0o700]);
  directories.release();
});

describe.each(["scratch", "run"])("a directory of somebody else's that has a %s", (name) => {
  test("with files in it is refused and left as it was", () => {
    mkdirSync(join(data, name), { recursive: true, mode: 0o755 });
    writeFileSync(join(data, name, "thesis.txt"), "");
    expect(() => openDirectories(data)).toThrow(/holds files that hum-helix has not made.*HUM_DATA_DIR/);
    expect(() => openDirectories(data)).toThrow(/holds files/);
    expect(existsSync(join(data, name, "thesis.txt"))).toBe(true);
    expect(modeOf(join(data, name))).toBe(0o755);
  });

  test("which is a link is refused, whoever has used the directory before", () => {
    openDirectories(data).release();
    const elsewhere = join(dir, "elsewhere");
    mkdirSync(elsewhere);
    writeFileSync(join(elsewhere, "thesis.txt"), "");
    rmSync(join(data, name), { recursive: true, force: true });
    symlinkSync(elsewhere, join(data, name));
    expect(() => openDirectories(data)).toThrow(/is a symbolic link.*HUM_DATA_DIR/);
    expect(readdirSync(elsewhere)).toEqual(["thesis.txt"]);
  });

  test("which is a file is refused", () => {
    mkdirSync(data);
    writeFileSync(join(data, name), "");
    expect(() => openDirectories(data)).toThrow(/is a file, not a directory/);
  });
});
