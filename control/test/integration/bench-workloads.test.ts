import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Workload, workloadSchema } from "../../src/bench/definition/workload.ts";
import { readAudioFacts } from "../../src/bench/workloads/audio-facts.ts";
import { formatManifest } from "../../src/bench/workloads/manifest.ts";
import { resolveWorkloads } from "../../src/bench/workloads/resolve.ts";
import { encodeWave } from "../../src/bench/workloads/wave-file.ts";
import { loadConfig } from "../../src/core/load-config.ts";
import { makeDirectory, samplePath } from "./cli-rig.ts";

const { python } = loadConfig({ env: {} });
const sha256 = (file: string) => createHash("sha256").update(readFileSync(file)).digest("hex");
const never = new AbortController().signal;

function resolver(directory = makeDirectory()) {
  const cacheDir = join(directory, "cache");
  const resolve = (workloads: object[], seed = 1) =>
    resolveWorkloads(
      { workloads: workloads.map((workload): Workload => workloadSchema.parse(workload)) },
      { directory, cacheDir, python, seed, signal: never },
    );
  return { directory, cacheDir, resolve };
}

/** The sample in another container. */
function encode(file: string): void {
  const program = `
import av, sys
with av.open(sys.argv[1]) as source, av.open(sys.argv[2], "w") as target:
    stream = target.add_stream("flac", rate=16000)
    for frame in source.decode(audio=0):
        target.mux(stream.encode(frame))
    target.mux(stream.encode(None))
`;
  const made = spawnSync(python, ["-c", program, samplePath, file], { encoding: "utf8" });
  if (made.status !== 0) throw new Error(made.stderr);
}

test("audio is hashed, measured and given its text, relative to the definition", async () => {
  const { directory, resolve } = resolver();
  copyFileSync(samplePath, join(directory, "jfk.wav"));
  encode(join(directory, "jfk.flac"));
  writeFileSync(join(directory, "jfk.txt"), "And so my fellow Americans\n");
  const [wav, flac] = await resolve([
    { kind: "audio", name: "jfk", audio: "jfk.wav", text_file: "jfk.txt", language: "en", speaker: "Kennedy" },
    { kind: "audio", name: "flac", audio: "jfk.flac", sha256: sha256(join(directory, "jfk.flac")) },
  ]);
  expect(wav).toEqual({
    key: "jfk/jfk",
    workload: "jfk",
    name: "jfk",
    audio: "jfk.wav",
    path: join(directory, "jfk.wav"),
    sha256: sha256(samplePath),
    duration_s: 11,
    text: "And so my fellow Americans",
    expect: "speech",
    language: "en",
    speaker: "Kennedy",
  });
  expect(flac).toMatchObject({ duration_s: 11, text: null, language: null, speaker: null });
});

test("everything that is missing or wrong is told at once", async () => {
  const { directory, resolve } = resolver();
  copyFileSync(samplePath, join(directory, "jfk.wav"));
  writeFileSync(join(directory, "empty.wav"), "");
  writeFileSync(join(directory, "noise.wav"), "no audio at all");
  const facts = { source: "a test", licence: null, made: { by: "", builder: "", rules: [] }, root: null, left_out: {} };
  const item = { text: null, language: null, speaker: null, expect: "speech" as const, duration_s: 1 };
  const items = [
    { ...item, name: "gone", audio: "gone.wav", sha256: "b".repeat(64) },
    { ...item, name: "other", audio: "jfk.wav", sha256: "c".repeat(64) },
  ];
  writeFileSync(join(directory, "m.jsonl"), formatManifest({ name: "m", ...facts, items: 2, duration_s: 2 }, items));
  const at = (name: string) => join(directory, name);
  await expect(
    resolve([
      { kind: "audio", name: "a", audio: "missing.wav" },
      { kind: "audio", name: "b", audio: "jfk.wav", sha256: "a".repeat(64) },
      { kind: "audio", name: "c", audio: "empty.wav" },
      { kind: "audio", name: "d", audio: "noise.wav" },
      { kind: "audio", name: "e", audio: "jfk.wav", text_file: "b" },
      { kind: "manifest", name: "g", manifest: "m.jsonl" },
      { kind: "manifest", name: "h", manifest: "nowhere.jsonl" },
      { kind: "generated", name: "i", sound: "music", duration_s: 1, level_dbfs: 0 },
    ]),
  ).rejects.toMatchObject({
    problems: [
      { place: "workload e", message: expect.stringContaining("its text_file cannot be read: ENOENT") },
      { place: "nowhere.jsonl", message: expect.stringContaining("cannot be read: ENOENT") },
      { place: "workload i", message: expect.stringContaining("music of 0 dBFS would be cut off at its peaks") },
      { place: "workload a", message: `${at("missing.wav")} is missing` },
      {
        place: "workload b",
        message: `${at("jfk.wav")} has sha256 ${sha256(samplePath)}, but must have ${"a".repeat(64)}`,
      },
      { place: "workload c", message: `${at("empty.wav")} is an empty file` },
      { place: "workload d", message: expect.stringContaining("noise.wav the file is no audio that can be read") },
      { place: "m.jsonl gone", message: `${at("gone.wav")} is missing` },
      { place: "m.jsonl other", message: expect.stringContaining(`but must have ${"c".repeat(64)}`) },
    ],
  });
});

test("a limited manifest gives a sample that the seed alone decides", async () => {
  const { directory, resolve } = resolver();
  mkdirSync(join(directory, "clips"));
  const items = Array.from({ length: 12 }, (_, index) => {
    const audio = `clips/${index}.wav`;
    writeFileSync(join(directory, audio), encodeWave(new Int16Array(1600).fill(index)));
    const hash = sha256(join(directory, audio));
    return {
      name: `${index}`,
      audio,
      sha256: hash,
      duration_s: 0.1,
      text: "x",
      language: "en",
      speaker: "s",
      expect: "speech" as const,
    };
  });
  const facts = { source: "a test", licence: null, made: { by: "", builder: "", rules: [] }, root: null, left_out: {} };
  writeFileSync(join(directory, "m.jsonl"), formatManifest({ name: "m", ...facts, items: 12, duration_s: 1.2 }, items));
  const names = async (limit: number, seed: number) =>
    (await resolve([{ kind: "manifest", name: "m", manifest: "m.jsonl", limit }], seed)).map(({ key }) => key);
  const four = await names(4, 7);
  expect(four).toHaveLength(4);
  expect(await names(4, 7)).toEqual(four);
  expect(await names(8, 7)).toEqual(expect.arrayContaining(four));
  expect(await names(4, 8)).not.toEqual(four);
});

test("sounds are written once, by their content, as the WAV that engines take", async () => {
  const { cacheDir, resolve } = resolver();
  const workload = {
    kind: "generated",
    name: "noise",
    sound: "pink-noise",
    duration_s: 1.5,
    level_dbfs: -40,
    count: 3,
  };
  const items = await resolve([workload, { kind: "generated", name: "still", sound: "silence", duration_s: 2 }]);
  expect(items.map(({ key, duration_s, text, expect: right }) => [key, duration_s, text, right])).toEqual([
    ["noise/pink-noise-1", 1.5, "", "empty"],
    ["noise/pink-noise-2", 1.5, "", "empty"],
    ["noise/pink-noise-3", 1.5, "", "empty"],
    ["still/silence-1", 2, "", "empty"],
  ]);
  expect(readdirSync(join(cacheDir, "sounds"))).toHaveLength(4);
  for (const { path, sha256: hash, audio } of items) {
    expect(sha256(path)).toBe(hash);
    expect(audio).toContain(hash.slice(0, 16));
  }
  // A sound that was damaged is made anew.
  writeFileSync(items[0]?.path ?? "", "damaged");
  expect(await resolve([workload])).toEqual(items.slice(0, 3));
});

test("what is known of a file that does not change is not found out again, and forgotten when it changes", async () => {
  const directory = makeDirectory();
  const path = join(directory, "jfk.flac");
  encode(path);
  const facts = async (interpreter: string) =>
    (
      await readAudioFacts(
        { paths: [path], durations: new Set([path]) },
        { cacheDir: join(directory, "cache"), python: interpreter, signal: never },
      )
    ).get(path);
  // Soon after a change another one might not be seen by the file's times.
  await facts(python);
  expect(existsSync(join(directory, "cache", "audio-facts.jsonl"))).toBe(false);
  const settled = Date.now() + 2500;
  await expect.poll(() => Date.now() > settled, { timeout: 5000 }).toBe(true);
  const known = await facts(python);
  expect(known).toMatchObject({ ok: true, facts: { duration_s: 11 } });
  expect(await facts("/no/python")).toEqual(known);
  writeFileSync(path, "no longer audio");
  await expect(facts("/no/python")).rejects.toThrow("/no/python cannot tell how long audio lasts");
  expect(await facts(python)).toMatchObject({ ok: false, problem: expect.stringContaining("no audio") });
});
