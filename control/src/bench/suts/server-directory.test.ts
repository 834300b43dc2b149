import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { lockDataDir } from "../../platform/data-lock.ts";
import { makeServerDirectory } from "./server-directory.ts";

const hourMs = 60 * 60 * 1000;

test("what a killed harness has left is swept away, and nothing that is young, in use, or somebody else's", async () => {
  const parent = mkdtempSync(join(tmpdir(), "hum-sweep-"));
  onTestFinished(() => rmSync(parent, { recursive: true }));
  const make = (name: string, ageMs: number) => {
    const data = join(parent, name, "data");
    mkdirSync(data, { recursive: true });
    writeFileSync(join(parent, name, "config.yaml"), "");
    const lock = lockDataDir(data);
    const stamp = new Date(Date.now() - ageMs);
    utimesSync(join(parent, name), stamp, stamp);
    return lock;
  };
  make("hum-bench-server-oldOne", 2 * hourMs).release();
  make("hum-bench-server-newOne", hourMs / 2).release();
  make("hum-bench-server-results", 2 * hourMs).release();
  const used = make("hum-bench-server-inUse1", 2 * hourMs);
  const stamp = new Date(Date.now() - 2 * hourMs);
  mkdirSync(join(parent, "hum-bench-server-noLock"));
  utimesSync(join(parent, "hum-bench-server-noLock"), stamp, stamp);
  onTestFinished(used.release);
  symlinkSync(join(parent, "hum-bench-server-results"), join(parent, "hum-bench-server-linked"));
  const made = await makeServerDirectory(parent);
  const kept = ["inUse1", "linked", "newOne", "noLock", "results"].map((name) => `hum-bench-server-${name}`);
  expect(
    readdirSync(parent)
      .filter((name) => !made.path.endsWith(name))
      .toSorted(),
  ).toEqual(kept);
  writeFileSync(join(made.path, "config.yaml"), "");
  await made.remove();
  expect(readdirSync(parent).toSorted()).toEqual(kept);
});
