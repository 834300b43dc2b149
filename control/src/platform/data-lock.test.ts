import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lockDataDir } from "./data-lock.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "hum-lock-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

test("a lock that cannot be taken for another reason is not told as one that is held", () => {
  writeFileSync(join(dir, "lock.db"), "no database".repeat(500));
  expect(() => lockDataDir(dir)).toThrow(/lock\.db cannot be locked: file is not a database; .*HUM_DATA_DIR/);
});

test("a data directory has one holder at a time", () => {
  const lock = lockDataDir(dir);
  expect(() => lockDataDir(dir)).toThrow(/in use by another hum-helix/);
  lock.release();
  lockDataDir(dir).release();
});
