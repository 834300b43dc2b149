import { expect, test, vi } from "vitest";
import { systemClock } from "../../core/clock.ts";
import { createCommits } from "./commits.ts";
import type { SpoolEntry } from "./store.ts";

/** A disk that answers when it is told to, or fails, or is silent. */
function createDisk() {
  const groups: number[][] = [];
  const open: PromiseWithResolvers<void>[] = [];
  return {
    groups,
    write(group: readonly SpoolEntry[]): Promise<void> {
      groups.push(group.map(({ position }) => position));
      const done = Promise.withResolvers<void>();
      open.push(done);
      return done.promise;
    },
    finish: () => open.shift()?.resolve(),
    fail: (reason: string) => open.shift()?.reject(new Error(reason)),
    busy: () => open.length > 0,
  };
}

function rig(options: { patienceMs?: number } = {}) {
  const disk = createDisk();
  const said: string[] = [];
  const written: number[] = [];
  let nowMs = 0;
  const commits = createCommits({
    clock: { ...systemClock, monotonicMs: () => nowMs },
    write: disk.write,
    onWritten: (group) => void written.push(...group.map(({ position }) => position)),
    onFailure: (reason) => void said.push(reason),
    onRecovery: () => void said.push("recovered"),
    patienceMs: options.patienceMs ?? 1_000,
    retryMs: 1,
  });
  const step = async (act: () => void) => {
    await vi.waitFor(() => expect(disk.busy()).toBe(true), { interval: 1 });
    act();
  };
  return { disk, said, written, commits, step, pass: (ms: number) => (nowMs += ms) };
}

const entry = (position: number, characters = 2): SpoolEntry => ({
  position,
  stream: "system",
  name: "sidecar.started",
  id: `id-${position}`,
  type: "type",
  source: "source",
  sequence: position,
  partitionKey: "key",
  wallMs: 0,
  json: "x".repeat(characters),
  whole: null,
  mark: null,
});

test("what is told while the disk is busy shares the next commit", async () => {
  const { disk, commits, step } = rig();
  const first = commits.add(entry(1));
  await step(() => {
    for (let position = 2; position <= 50; position += 1) void commits.add(entry(position));
    disk.finish();
  });
  await first;
  await step(disk.finish);
  await vi.waitFor(() => expect(commits.waiting()).toBe(0));
  expect(disk.groups.map((group) => group.length)).toEqual([1, 49]);
});

test("what is told in one turn shares a commit", async () => {
  const { disk, commits, step } = rig();
  const all = Promise.all([commits.add(entry(1)), commits.add(entry(2)), commits.add(entry(3))]);
  await step(disk.finish);
  await all;
  expect(disk.groups).toEqual([[1, 2, 3]]);
});

test("a group ends before it is too many or too long, but one entry always goes", async () => {
  const { disk, commits, step } = rig();
  for (let position = 1; position <= 2_000; position += 1) void commits.add(entry(position));
  for (let position = 2_001; position <= 2_003; position += 1) void commits.add(entry(position, 5 * 1024 * 1024));
  while (commits.waiting() > 0) {
    await step(disk.finish);
    await Promise.resolve();
  }
  expect(disk.groups.map((group) => group.length)).toEqual([1_024, 976, 1, 1, 1]);
});

test("a commit that fails is tried until it succeeds, and nothing overtakes it", async () => {
  const { disk, commits, step, said, written } = rig();
  const safe = commits.add(entry(1));
  await step(() => disk.fail("disk full"));
  await vi.waitFor(() => expect(commits.failure()).toBe("disk full"));
  const later = commits.add(entry(2));
  await step(() => disk.fail("disk full"));
  await step(disk.finish);
  await Promise.all([safe, later]);
  expect(written).toEqual([1, 2]);
  expect(said).toEqual(["disk full", "recovered"]);
  expect(commits.failure()).toBeNull();
});

test("whoever waits longer than its patience is told to come again, and the entry is stored all the same", async () => {
  const { disk, commits, step, written, pass } = rig();
  const safe = commits.add(entry(1));
  const refusal = expect(safe).rejects.toMatchObject({
    code: "overloaded",
    message: expect.stringContaining("read-only"),
  });
  pass(1_500);
  await step(() => disk.fail("the disk is read-only"));
  await refusal;
  const young = commits.add(entry(2));
  await step(disk.finish);
  await young;
  expect(written).toEqual([1, 2]);
});

test("a disk that hangs is a disk that fails, until it answers", async () => {
  const { disk, commits, step, said, written, pass } = rig({ patienceMs: 20 });
  const safe = commits.add(entry(1));
  const refusal = expect(safe).rejects.toMatchObject({ code: "overloaded" });
  pass(30);
  await refusal;
  expect(commits.failure()).toBe("the disk does not answer");
  await step(disk.finish);
  await vi.waitFor(() => expect(commits.failure()).toBeNull());
  expect(written).toEqual([1]);
  expect(said).toEqual(["the disk does not answer", "recovered"]);
});

test("whoever comes while the disk hangs is told as well", async () => {
  const { disk, commits, step, pass } = rig({ patienceMs: 20 });
  const first = expect(commits.add(entry(1))).rejects.toMatchObject({ code: "overloaded" });
  await step(() => undefined);
  pass(15);
  const second = expect(commits.add(entry(2))).rejects.toMatchObject({ code: "overloaded" });
  pass(15);
  await first;
  const third = expect(commits.add(entry(3))).rejects.toMatchObject({ code: "overloaded" });
  pass(30);
  await Promise.all([second, third]);
  await step(disk.finish);
  await step(disk.finish);
  await vi.waitFor(() => expect(commits.waiting()).toBe(0));
});

test("a task runs between two commits, before anything that is told later", async () => {
  const { disk, commits, step, written } = rig();
  void commits.add(entry(1));
  let task: Promise<number[]> = Promise.resolve([]);
  await step(() => {
    task = commits.between(async () => [...written]);
    void commits.add(entry(2));
    disk.finish();
  });
  await expect(task).resolves.toEqual([1]);
  await step(disk.finish);
  await vi.waitFor(() => expect(written).toEqual([1, 2]));
  await expect(commits.between(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
});

test("a stop waits for what was told, and whatever comes after it is refused", async () => {
  const { disk, commits, step, written } = rig();
  void commits.add(entry(1));
  await step(() => void commits.add(entry(2)));
  const stopped = commits.stop();
  void commits.add(entry(3));
  await step(disk.finish);
  await step(disk.finish);
  await stopped;
  expect(written).toEqual([1, 2, 3]);
  await expect(commits.add(entry(4))).rejects.toMatchObject({ code: "overloaded" });
  await expect(commits.between(async () => undefined)).rejects.toThrow("closed");
  commits.kick();
  expect(disk.busy()).toBe(false);
});

test("what is told while a stop writes the rest is written after it, and once", async () => {
  const { disk, commits, step, written } = rig();
  const stopped = commits.stop();
  const early = commits.add(entry(1));
  await step(() => undefined);
  const late = commits.add(entry(2));
  await step(disk.finish);
  await step(disk.finish);
  await Promise.all([early, late, stopped]);
  expect([written, disk.groups]).toEqual([
    [1, 2],
    [[1], [2]],
  ]);
});

test("a stop while the disk fails ends at once, and tells whoever waits", async () => {
  const { disk, commits, step } = rig();
  const safe = commits.add(entry(1));
  const refusal = expect(safe).rejects.toMatchObject({ code: "overloaded" });
  await step(() => disk.fail("disk full"));
  await vi.waitFor(() => expect(commits.failure()).toBe("disk full"));
  const stopped = commits.stop();
  await step(() => disk.fail("disk full"));
  await stopped;
  await refusal;
});
