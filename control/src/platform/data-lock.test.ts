import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lockDataDir } from "./data-lock.ts";

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "hum-lock-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

test("a data directory has one holder at a time", () => {
  const lock = lockDataDir(dir);
  expect(() => lockDataDir(dir)).toThrow(/in use by another hum-helix/);
  lock.release();
  lockDataDir(dir).release();
});
