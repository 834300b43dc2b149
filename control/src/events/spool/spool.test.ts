import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Worker } from "node:worker_threads";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { testConfig } from "../../../test/config.ts";
import { systemClock } from "../../core/clock.ts";
import { createLog } from "../../core/log.ts";
import { type Draft, openSpool, type Spool, spoolFileOf } from "./spool.ts";

let dir = "";
/** Every thread that was started, the latest last. */
let threads: Worker[] = [];
const onThread = (worker: Worker) => void threads.push(worker);
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "hum-spool-"));
  threads = [];
  process.on("worker", onThread);
});
afterEach(() => {
  process.off("worker", onThread);
  rmSync(dir, { recursive: true });
});

async function open(options: { patienceMs?: number } = {}): Promise<Spool> {
  const log = createLog({ level: "silent", readable: false });
  const spool = await openSpool({ config: testConfig(dir), clock: systemClock, log, retryMs: 10, ...options });
  onTestFinished(spool.stop);
  return spool;
}

const draft = (index: number): Draft => ({
  name: "sidecar.started",
  id: `id-${index}`,
  type: "io.humhelix.sidecar.started.v1",
  partitionKey: "slot",
  wallMs: Date.now(),
  json: `{"index":${index}}`,
  whole: null,
  mark: null,
});
const append = (spool: Spool, index: number) => spool.append("system", () => draft(index));
/** From the disk, which nobody else can read before it is closed. */
async function storedIds(spool: Spool): Promise<string[]> {
  await spool.stop();
  const db = new DatabaseSync(spoolFileOf(join(dir, "data")), { readOnly: true });
  const rows = db.prepare("SELECT id FROM event ORDER BY position").all();
  db.close();
  return rows.map(({ id }) => String(id));
}
const ids = (count: number) => Array.from({ length: count }, (_, index) => `id-${index}`);
const query = { after: 0, limit: 10_000, maxCharacters: 1_000_000, patterns: ["*"], jobId: null };

test("what was appended is safe, in its order, and one source numbers it without a gap", async () => {
  const spool = await open();
  await Promise.all(Array.from({ length: 3_000 }, (_, index) => append(spool, index)));
  expect(await storedIds(spool)).toEqual(ids(3_000));
  const { events } = await spool.read(query);
  expect(events.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 3_000 }, (_, index) => index + 1));
  expect(spool.bounds()).toEqual({ first: 1, last: 3_000 });
  expect(spool.sequence("system")).toBe(3_000);
});

test("whoever follows one job is answered from memory too, so that many of them keep no commit waiting", async () => {
  const spool = await open();
  const ofJob = (job: string, index: number) => ({ ...draft(index), name: "transcription.segment", partitionKey: job });
  await spool.append("transcription", () => ofJob("a", 0));
  await spool.append("transcription", () => ofJob("b", 1));
  await spool.append("system", () => ({ ...draft(2), partitionKey: "a" }));
  await spool.append("transcription", () => ofJob("a", 3));
  // The thread's answer takes at least one turn.
  const turn = new Promise((resolve) => setImmediate(resolve, null));
  const page = await Promise.race([spool.read({ ...query, jobId: "a" }), turn]);
  expect(page).toMatchObject({ events: [{ id: "id-0" }, { id: "id-3" }], through: 4 });
  expect(page).toHaveProperty("events.length", 2);
});

test("an event that cannot be made takes no number", async () => {
  const spool = await open();
  const broken = () => {
    throw new Error("no such thing");
  };
  expect(() => spool.append("system", broken)).toThrow("no such thing");
  await append(spool, 0);
  expect((await spool.read(query)).events).toMatchObject([{ sequence: 1, position: 1 }]);
});

test("a thread that dies, again and again under load, loses nothing and stores nothing twice", async () => {
  const spool = await open();
  const told: Promise<void>[] = [];
  for (let death = 0; death < 5; death += 1) {
    const first = append(spool, told.length);
    for (told.push(first); told.length % 400 !== 0; ) told.push(append(spool, told.length));
    // A commit is under way, and others wait for it.
    await first;
    await threads.at(-1)?.terminate();
  }
  await Promise.all(told);
  expect(threads.length).toBeGreaterThanOrEqual(5);
  expect(await storedIds(spool)).toEqual(ids(2_000));
  expect((await spool.read(query)).events.map(({ id }) => id)).toEqual(ids(2_000));
});

test("a thread that dies is replaced for a reader too, though nothing is written", async () => {
  const spool = await open();
  await append(spool, 0);
  await threads[0]?.terminate();
  await expect(Promise.all([spool.whole(1), spool.olderThan(0)])).resolves.toHaveLength(2);
  expect(threads).toHaveLength(2);
});

test("cursors outlive the thread and the node", async () => {
  const first = await open();
  await append(first, 0);
  first.moveCursor("redis", 1);
  await threads[0]?.terminate();
  await append(first, 1);
  first.moveCursor("redis", 2);
  await first.stop();
  const second = await open();
  expect(second.cursor("redis")).toBe(2);
  expect(second.cursor("kafka")).toBeUndefined();
});

test("a file that is found damaged when the thread is replaced begins a new epoch, and positions go on", async () => {
  const spool = await open();
  await append(spool, 0);
  const source = spool.source("system");
  spool.moveCursor("redis", 1);
  await threads[0]?.terminate();
  for (const suffix of ["", "-wal"]) writeFileSync(spoolFileOf(join(dir, "data")) + suffix, "x".repeat(10_000));
  await append(spool, 1);
  await append(spool, 2);
  expect(spool.source("system")).not.toBe(source);
  expect(await storedIds(spool)).toEqual(["id-1", "id-2"]);
  const { events } = await spool.read({ ...query, after: 1 });
  // What was numbered before the damage was seen keeps its place in the old epoch.
  expect(events).toMatchObject([
    { position: 2, sequence: 2, source },
    { position: 3, sequence: 1, source: spool.source("system") },
  ]);
  await spool.stop();
  const next = await open();
  expect([next.cursor("redis"), next.sequence("system"), next.bounds().last]).toEqual([1, 1, 3]);
});

test("a file that another node has open is refused, and stays as it is", async () => {
  const spool = await open();
  await append(spool, 0);
  await expect(open()).rejects.toThrow(/cannot be opened: database is locked/);
  await append(spool, 1);
  expect(await storedIds(spool)).toEqual(ids(2));
});

test("a new epoch begins its numbers at one, and what was told before keeps its own", async () => {
  const spool = await open();
  await append(spool, 0);
  const before = append(spool, 1);
  const renewed = spool.renewEpoch();
  await Promise.all([before, renewed]);
  await append(spool, 2);
  const { events } = await spool.read(query);
  expect(events.map(({ sequence }) => sequence)).toEqual([1, 2, 1]);
  expect(new Set(events.map(({ source }) => source)).size).toBe(2);
  expect(events.at(-1)?.source).toContain(await renewed);
  await spool.stop();
  const next = await open();
  expect([next.source("system"), next.sequence("system")]).toEqual([events.at(-1)?.source, 1]);
});

test("a stop keeps what was told, takes nothing later, and leaves no thread behind", async () => {
  const spool = await open();
  const told = Array.from({ length: 100 }, (_, index) => append(spool, index));
  spool.moveCursor("redis", 7);
  await spool.stop();
  await Promise.all(told);
  await expect(append(spool, 100)).rejects.toMatchObject({ code: "overloaded" });
  spool.moveCursor("redis", 8);
  await expect(spool.whole(1)).rejects.toThrow("closed");
  await vi.waitFor(() => expect(threads.map(({ threadId }) => threadId)).toEqual([-1]));
  const next = await open();
  expect(next.cursor("redis")).toBe(7);
  expect(await storedIds(next)).toEqual(ids(100));
});

test("a spool that cannot be opened says why, and leaves no thread behind", async () => {
  mkdirSync(dirname(dirname(spoolFileOf(join(dir, "data")))), { recursive: true });
  writeFileSync(dirname(spoolFileOf(join(dir, "data"))), "a file where the directory should be");
  await expect(open()).rejects.toThrow(/the event spool .*events\.sqlite cannot be opened: (ENOTDIR|EEXIST)/);
  expect(threads.map(({ threadId }) => threadId)).toEqual([-1]);
});
