/** Workload items of the tests of benchmarks: silence of a given length, and the sample. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { WorkloadItem } from "../src/bench/workloads/item.ts";
import { makeWav } from "./wav.ts";

export function itemAt(path: string, more: Partial<WorkloadItem> = {}): WorkloadItem {
  const name = more.name ?? "clip";
  return {
    key: `test/${name}`,
    workload: "test",
    name,
    audio: path,
    path,
    sha256: "",
    duration_s: 1,
    text: null,
    expect: "speech",
    language: null,
    speaker: null,
    ...more,
  };
}

/** Removed after the test. */
export function silences(durations: readonly number[]): WorkloadItem[] {
  const directory = mkdtempSync(join(tmpdir(), "hum-items-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return durations.map((duration_s, index) => {
    const path = join(directory, `clip-${index}.wav`);
    writeFileSync(path, makeWav(Buffer.alloc(Math.round(duration_s * 16_000) * 2)));
    return itemAt(path, { name: `clip-${index}`, duration_s });
  });
}
