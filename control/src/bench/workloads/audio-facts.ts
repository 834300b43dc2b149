/** What is known of audio files, by path: their hash and how long they last; kept in a cache while they do not change. */
import { createHash } from "node:crypto";
import { open, readFile, rename, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { toError } from "../../core/to-error.ts";
import { makeDirectory } from "../../platform/make-directory.ts";
import { decodedDurations } from "./decoded-durations.ts";
import { headBytes, waveDuration } from "./wave-file.ts";

export interface AudioFacts {
  sha256: string;
  /** Null where it was not wanted. */
  duration_s: number | null;
}
export type FactsOrProblem = { ok: true; facts: AudioFacts } | { ok: false; problem: string };

export interface FactsOptions {
  /** Holds the cache; is made where there is none. */
  cacheDir: string;
  /** With the packages of sidecar/requirements.lock: it decodes what is no plain WAV. */
  python: string;
  signal: AbortSignal;
  onProgress?: (progress: FactsProgress) => void;
}

/** Files of so many that are hashed, or decoded for their duration. */
export interface FactsProgress {
  step: "hash" | "decode";
  done: number;
  total: number;
}

const entrySchema = z.object({
  path: z.string(),
  /** Size, inode and the times of the last change of content and of the file itself: none of them survives a change. */
  stamp: z.string(),
  sha256: z.string(),
  duration_s: z.number().nullable(),
});
type Entry = z.infer<typeof entrySchema>;

const atOnce = 8;
const pieceBytes = 1 << 20;
/** A file that was just written could be written again within one tick of the file system's clock. */
const settledMs = 2000;

/** Of each path; `durations` are those of these paths that it is wanted of. */
export async function readAudioFacts(
  wanted: { paths: readonly string[]; durations: ReadonlySet<string> },
  options: FactsOptions,
): Promise<Map<string, FactsOrProblem>> {
  const cacheFile = join(options.cacheDir, "audio-facts.jsonl");
  const known = await readCache(cacheFile);
  const paths = [...new Set(wanted.paths)];
  const entries = new Map<string, Entry>();
  const problems = new Map<string, string>();
  const lasting = new Set<string>();
  let done = 0;
  const tell = (step: FactsProgress["step"], count: number, total: number) =>
    options.onProgress?.({ step, done: count, total });

  const queue = paths.values();
  const work = async () => {
    for (const path of queue) {
      options.signal.throwIfAborted();
      try {
        const looked = await look(path, known.get(path));
        entries.set(path, looked.entry);
        if (looked.settled) lasting.add(path);
      } catch (error) {
        problems.set(path, problemOf(toError(error)));
      }
      done += 1;
      tell("hash", done, paths.length);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));

  const undecided = [...entries.values()].filter(
    ({ path, duration_s }) => duration_s === null && wanted.durations.has(path),
  );
  const decoded = await decodedDurations(
    undecided.map(({ path }) => path),
    { ...options, onDone: (count) => tell("decode", count, undecided.length) },
  );
  for (const entry of undecided) {
    const answer = decoded.get(entry.path);
    if (answer?.ok === true) entry.duration_s = answer.duration_s;
    else problems.set(entry.path, answer?.problem ?? "was not decoded");
  }

  const kept = [...entries.values()].filter(({ path }) => lasting.has(path));
  await writeCache(cacheFile, { known, fresh: kept });
  return new Map(
    paths.map((path): [string, FactsOrProblem] => {
      const problem = problems.get(path);
      const entry = entries.get(path);
      if (problem !== undefined || entry === undefined)
        return [path, { ok: false, problem: problem ?? "was not read" }];
      return [path, { ok: true, facts: { sha256: entry.sha256, duration_s: entry.duration_s } }];
    }),
  );
}

async function look(path: string, known: Entry | undefined): Promise<{ entry: Entry; settled: boolean }> {
  const found = await stat(path, { bigint: true });
  if (!found.isFile()) throw new Error(`is ${found.isDirectory() ? "a directory" : "no file"}`);
  if (found.size === 0n) throw new Error("is an empty file");
  const stamp = [found.size, found.ino, found.mtimeNs, found.ctimeNs].join(" ");
  const settled = Date.now() - Number(found.ctimeMs) > settledMs;
  if (known?.stamp === stamp) return { entry: { ...known }, settled };
  return { entry: { path, stamp, ...(await hash(path)) }, settled };
}

async function hash(path: string): Promise<{ sha256: string; duration_s: number | null }> {
  await using file = await open(path);
  const digest = createHash("sha256");
  const piece = Buffer.alloc(pieceBytes);
  let head = Buffer.alloc(0);
  let bytes = 0;
  for (;;) {
    const { bytesRead } = await file.read(piece);
    if (bytesRead === 0) break;
    if (bytes === 0) head = Buffer.from(piece.subarray(0, Math.min(bytesRead, headBytes)));
    digest.update(piece.subarray(0, bytesRead));
    bytes += bytesRead;
  }
  return { sha256: digest.digest("hex"), duration_s: waveDuration(head, bytes) };
}

function problemOf(error: NodeJS.ErrnoException): string {
  if (error.code === "ENOENT") return "is missing";
  return error.code === undefined ? error.message : `cannot be read: ${error.message}`;
}

/** What cannot be read of it is found out anew. */
async function readCache(file: string): Promise<Map<string, Entry>> {
  const text = await readFile(file, "utf8").catch(() => "");
  const entries = text.split("\n").flatMap((line) => {
    try {
      return [entrySchema.parse(JSON.parse(line))];
    } catch {
      return [];
    }
  });
  return new Map(entries.map((entry) => [entry.path, entry]));
}

/** As a whole and in one step: another run may write at the same time, and then one of them is found out again. */
async function writeCache(
  file: string,
  { known, fresh }: { known: ReadonlyMap<string, Entry>; fresh: readonly Entry[] },
): Promise<void> {
  const changed = fresh.some(({ path, stamp, duration_s }) => {
    const before = known.get(path);
    return before?.stamp !== stamp || before.duration_s !== duration_s;
  });
  if (!changed) return;
  const all = new Map([...known, ...fresh.map((entry) => [entry.path, entry] as const)]);
  makeDirectory(join(file, ".."));
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, [...all.values()].map((entry) => `${JSON.stringify(entry)}\n`).join(""));
  await rename(draft, file);
}
