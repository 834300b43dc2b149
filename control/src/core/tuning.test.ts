import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readTuning, type Tuning, thisHost, writeTuning } from "./tuning.ts";

const tuning: Tuning = {
  version: 1,
  measured_at: "2026-01-01T00:00:00.000Z",
  host: thisHost(),
  model: "base",
  choice: { workers: 2, threads_per_worker: 2, encode_threads: 0, environment: { OMP_WAIT_POLICY: "PASSIVE" } },
  measured: [],
};

function directory(): string {
  const dir = mkdtempSync(join(tmpdir(), "hum-tuning-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  return dir;
}

test("what was written is read again, from a directory that it makes", () => {
  const dir = join(directory(), "data");
  writeTuning(dir, tuning);
  expect(readTuning(dir)).toEqual(tuning);
});

test("nothing is read where nothing was measured, or on another machine", () => {
  const dir = directory();
  expect(readTuning(dir)).toBeNull();
  writeTuning(dir, tuning);
  expect(readTuning(dir, { processor: "another", cores: tuning.host.cores })).toBeNull();
});

test.each([
  ["no JSON", "{"],
  ["another version", JSON.stringify({ ...tuning, version: 2 })],
  [
    "a variable that is not for engines",
    JSON.stringify({ ...tuning, choice: { ...tuning.choice, environment: { LD_PRELOAD: "/tmp/x.so" } } }),
  ],
  ["no workers", JSON.stringify({ ...tuning, choice: { ...tuning.choice, workers: 0 } })],
])("a file with %s counts as nothing measured", (_, text) => {
  const dir = directory();
  writeFileSync(join(dir, "tuning.json"), text);
  expect(readTuning(dir)).toBeNull();
});
