import { spawn } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { createLog } from "../../src/core/log.ts";
import { sinkSettingsSchema } from "../../src/core/sink-settings.ts";
import type { Sink } from "../../src/events/sink.ts";
import { createFileSink } from "../../src/events/sinks/file.ts";
import { outgoing, sourceOf } from "../conformance/outgoing.ts";
import { openFeedRig } from "../feed-rig.ts";

const signal = AbortSignal.timeout(60_000);
const source = sourceOf("system");

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "hum-file-sink-"));
  path = join(dir, "events.jsonl");
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function createTestSink(settings: Record<string, unknown> = {}): Sink {
  const parsed = sinkSettingsSchema.parse({ kind: "file", path, ...settings });
  if (parsed.kind !== "file") throw new Error("not the settings of a file");
  return createFileSink(parsed, { node: "test", version: "0", log: createLog({ level: "silent", readable: false }) });
}

async function openTestSink(settings: Record<string, unknown> = {}) {
  const connection = await createTestSink(settings).open(signal);
  onTestFinished(() => connection.close());
  return connection;
}

/** Writes the events from `first` on, up to and with `last`. */
async function write(first: number, last: number, settings: Record<string, unknown> = {}) {
  const connection = await openTestSink(settings);
  expect(await connection.deliver(outgoing(last).slice(first - 1))).toMatchObject({ stopped: null });
  await connection.close();
}

async function recalled() {
  const connection = await openTestSink();
  const sequence = (await connection.recall?.([source]))?.get(source) ?? 0;
  await connection.close();
  return sequence;
}

const jsonsOf = (first: number, last: number) =>
  outgoing(last)
    .slice(first - 1)
    .map(({ json }) => json);
const textOf = (first: number, last: number) =>
  jsonsOf(first, last)
    .map((json) => `${json}\n`)
    .join("");
const read = (file = path) => readFileSync(file, "utf8");

/** All lines, those of the oldest file first. */
function allLines(): string[] {
  const age = (name: string) => Number(/\.(\d+)$/.exec(name)?.[1] ?? 0);
  const names = readdirSync(dir).sort((a, b) => age(b) - age(a));
  return names.flatMap((name) => read(join(dir, name)).split("\n").slice(0, -1));
}

test("events are lines, in a file that others cannot read, and the last sequence is known again", async () => {
  await write(1, 5);
  await write(6, 10);
  expect(read()).toBe(textOf(1, 10));
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(await recalled()).toBe(10);
});

test("a file that was there keeps its rights, also when it is rotated", async () => {
  writeFileSync(path, "", { mode: 0o600 });
  chmodSync(path, 0o664);
  await write(1, 20, { max_bytes: 1024 });
  expect(statSync(path).mode & 0o777).toBe(0o664);
  expect(statSync(`${path}.1`).mode & 0o777).toBe(0o664);
});

test("full files are numbered, the newest lowest, and the oldest go", async () => {
  const bytes = Buffer.byteLength(textOf(1, 10));
  const connection = await openTestSink({ max_bytes: bytes, max_files: 3 });
  for (let index = 0; index < 60; index += 6) await connection.deliver(outgoing(index + 6).slice(index));
  expect(readdirSync(dir).sort()).toEqual(["events.jsonl", "events.jsonl.1", "events.jsonl.2"]);
  const lines = allLines();
  expect(lines).toEqual(jsonsOf(61 - lines.length, 60));
  expect(lines.length).toBeGreaterThan(20);
  for (const name of readdirSync(dir)) expect(statSync(join(dir, name)).size).toBeLessThanOrEqual(bytes);
  expect(await recalled()).toBe(60);
});

test("with one file only, a full one is begun anew", async () => {
  await write(1, 40, { max_bytes: 4096, max_files: 1 });
  expect(readdirSync(dir)).toEqual(["events.jsonl"]);
  const lines = allLines();
  expect(lines).toEqual(jsonsOf(41 - lines.length, 40));
});

test("an event larger than a file may be has a file of its own", async () => {
  const [small, large, last] = outgoing(3);
  if (small === undefined || large === undefined || last === undefined) throw new Error("too few events");
  const json = JSON.stringify({ ...JSON.parse(large.json), data: { slot: "x".repeat(5_000), pid: 1 } });
  const connection = await openTestSink({ max_bytes: 1024 });
  expect(await connection.deliver([small, { ...large, json }, last])).toMatchObject({ delivered: 3, stopped: null });
  expect(read(`${path}.2`)).toBe(`${small.json}\n`);
  expect(read(`${path}.1`)).toBe(`${json}\n`);
  expect(read()).toBe(`${last.json}\n`);
});

test.each([
  { torn: "in the middle of a line", cut: (whole: string) => whole.slice(0, -30) },
  { torn: "right after the line before", cut: () => "" },
  { torn: "after one character", cut: () => "{" },
  { torn: "in a block that was never written", cut: (whole: string) => `${whole.slice(0, 40)}${"\0".repeat(500)}` },
  { torn: "with a later block that was", cut: (whole: string) => `{"a${"\0".repeat(500)}${whole}` },
])("a file that a power cut tore $torn is mended", async ({ cut }) => {
  await write(1, 4);
  appendFileSync(path, cut(textOf(5, 5)));
  expect(await recalled()).toBe(4);
  expect(read()).toBe(textOf(1, 4));
  await write(5, 6);
  expect(read()).toBe(textOf(1, 6));
});

test("a file that a power cut left with zeros only is begun anew", async () => {
  writeFileSync(path, "\0".repeat(4096));
  await write(1, 2);
  expect(read()).toBe(textOf(1, 2));
});

test("an event that lacks no more than its line's end is kept", async () => {
  await write(1, 4);
  truncateSync(path, statSync(path).size - 1);
  expect(await recalled()).toBe(4);
  expect(read()).toBe(textOf(1, 4));
});

test("older events at the end, which somebody had asked for again, hide none of those before them", async () => {
  await write(1, 5);
  await write(2, 3);
  expect(await recalled()).toBe(5);
});

test("of a long file, only the end is read", async () => {
  const line = `${JSON.stringify({ ...JSON.parse(outgoing(1)[0]?.json ?? ""), padding: "x".repeat(100_000) })}\n`;
  writeFileSync(path, line.repeat(60) + textOf(2, 7));
  expect(await recalled()).toBe(7);
});

test.each([
  { what: "notes", text: "remember the milk" },
  { what: "lines of something else that ends in no newline", text: '{"a":1}\n{"a":2}' },
  { what: "a JSON document", text: '{\n  "a": 1\n}' },
])("a file that holds $what is refused, and stays as it is", async ({ text }) => {
  writeFileSync(path, text);
  const sink = createTestSink();
  const error = await sink.open(signal).catch((thrown: Error) => thrown);
  expect(error).toMatchObject({ message: `'${path}' holds something else than events: name another file` });
  expect(sink.isRefusal(error as Error)).toBe(true);
  expect(read()).toBe(text);
});

test.each([
  { what: "in a directory that is missing", at: () => join(dir, "missing/events.jsonl"), message: /ENOENT/ },
  { what: "below a file", at: () => join(import.meta.filename, "events.jsonl"), message: /ENOTDIR/ },
  { what: "that is a directory", at: () => dir, message: /EISDIR/ },
  { what: "that is a device", at: () => "/dev/full", message: /'\/dev\/full' is not a regular file/ },
])("a path $what is a refusal", async ({ at, message }) => {
  const sink = createTestSink({ path: at() });
  const error = await sink.open(signal).catch((thrown: Error) => thrown);
  expect(error).toMatchObject({ message: expect.stringMatching(message) });
  expect(sink.isRefusal(error as Error)).toBe(true);
});

test("a file that was moved away is followed by a new one", async () => {
  const connection = await openTestSink();
  await connection.deliver(outgoing(3));
  renameSync(path, join(dir, "events.jsonl-20260101"));
  expect(await connection.deliver(outgoing(6).slice(3))).toMatchObject({ delivered: 3, stopped: null });
  expect(read()).toBe(textOf(4, 6));
  writeFileSync(join(dir, "made-by-logrotate"), "");
  renameSync(join(dir, "made-by-logrotate"), path);
  await connection.deliver(outgoing(9).slice(6));
  expect(read()).toBe(textOf(7, 9));
});

test("a file that was copied and emptied goes on from its beginning", async () => {
  const connection = await openTestSink({ max_bytes: Buffer.byteLength(textOf(1, 8)) });
  await connection.deliver(outgoing(6));
  copyFileSync(path, join(dir, "copy"));
  truncateSync(path, 0);
  expect(await connection.deliver(outgoing(12).slice(6))).toMatchObject({ delivered: 6, stopped: null });
  expect(read()).toBe(textOf(7, 12));
});

test("where a crash came between two renames, nothing is lost, and the gap is closed by the next", async () => {
  await write(1, 20, { max_bytes: 2048 });
  expect(readdirSync(dir)).toHaveLength(4);
  renameSync(`${path}.3`, `${path}.4`);
  renameSync(`${path}.2`, `${path}.3`);
  await write(21, 24, { max_bytes: 2048 });
  expect(readdirSync(dir)).toHaveLength(5);
  expect(existsSync(`${path}.2`)).toBe(true);
  expect(allLines()).toEqual(jsonsOf(1, 24));
});

test("where a crash came before the next file was made, the one before it tells what was written", async () => {
  await write(1, 5);
  renameSync(path, `${path}.1`);
  expect(await recalled()).toBe(5);
  expect(read()).toBe("");
  expect(await recalled()).toBe(5);
});

const sequencesOf = (lines: readonly string[]) =>
  lines.map((line) => Number((JSON.parse(line) as { sequence: string }).sequence));

test("a node that is killed again and again writes every event once, in order", { timeout: 180_000 }, async () => {
  const home = mkdtempSync(join(tmpdir(), "hum-file-node-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  for (let kill = 0; kill < 10; kill += 1) {
    const program = [join(import.meta.dirname, "file-node.ts"), home, path];
    const child = spawn(process.execPath, program, { stdio: ["ignore", "pipe", "inherit"] });
    let delivered: number | null = null;
    for await (const line of createInterface(child.stdout)) {
      delivered ??= Number(line);
      // At another place of its work each time.
      if (Number(line) > delivered + 100 + kill * 37) child.kill("SIGKILL");
    }
  }
  const rig = await openFeedRig(home, { sinks: [createTestSink({ max_bytes: 60_000, max_files: 1_000 })] });
  await vi.waitFor(() => expect(rig.feed.health()).toMatchObject([{ state: "connected", held: 0 }]), 60_000);
  const { last } = rig.spool.bounds();
  await rig.close();
  expect(last).toBeGreaterThan(2_000);
  expect(readdirSync(dir).length).toBeGreaterThan(5);
  expect(sequencesOf(allLines())).toEqual(Array.from({ length: last }, (_, index) => index + 1));
});

test("events that were asked for again are written again", async () => {
  const home = mkdtempSync(join(tmpdir(), "hum-file-node-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const rig = await openFeedRig(home, { sinks: [createTestSink()] });
  for (let pid = 1; pid <= 5; pid += 1) rig.feed.system("sidecar.started", "slot", { slot: "slot", pid });
  await vi.waitFor(() => expect(allLines()).toHaveLength(5));
  expect(rig.feed.replay("file", 4)).toEqual({ events: 2 });
  await vi.waitFor(() => expect(sequencesOf(allLines())).toEqual([1, 2, 3, 4, 5, 4, 5]));
  await rig.close();
});

/** Runs the writer to its end; resolves with the first and the last number that it told, and what it said of a failure. */
async function runWriter(limitKiB: number | null) {
  const program = [process.execPath, join(import.meta.dirname, "file-writer.ts"), path, "1000"];
  // Node ignores the signal that comes with this limit: it has the effect of a disk that is full after so many bytes.
  const limit = limitKiB === null ? "" : `ulimit -f ${limitKiB}; `;
  const child = spawn("bash", ["-c", `${limit}exec "$@"`, "bash", ...program], { stdio: ["ignore", "pipe", "pipe"] });
  let failure = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    failure += text;
  });
  const told: number[] = [];
  for await (const line of createInterface(child.stdout)) told.push(Number(line));
  return { recalled: told[0], acknowledged: told.at(-1), failure: failure.trim() };
}

test("a disk that takes no more stops it with a reason, and it goes on where it stopped", async () => {
  const full = await runWriter(100);
  expect(full.failure).toMatch(/^EFBIG/);
  expect(full.acknowledged).toBeGreaterThan(100);
  // Nothing of the batch that did not fit is left.
  expect(sequencesOf(allLines())).toHaveLength(full.acknowledged ?? 0);
  expect(await runWriter(null)).toEqual({ recalled: full.acknowledged, acknowledged: 1_000, failure: "" });
  expect(sequencesOf(allLines())).toEqual(Array.from({ length: 1_000 }, (_, index) => index + 1));
});

test("a directory that vanished fails the delivery, and the next life begins where it is made again", async () => {
  const connection = await openTestSink();
  await connection.deliver(outgoing(2));
  rmSync(dir, { recursive: true });
  expect(await connection.deliver(outgoing(4).slice(2))).toMatchObject({ delivered: 0, stopped: { kind: "failed" } });
  mkdirSync(dir);
  await write(3, 4);
  expect(read()).toBe(textOf(3, 4));
});
