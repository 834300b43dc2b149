import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { readManifest } from "../../src/bench/workloads/manifest.ts";
import { encodeWave } from "../../src/bench/workloads/wave-file.ts";
import { loadConfig } from "../../src/core/load-config.ts";
import { makeDirectory, runCli } from "./cli-rig.ts";

const { python } = loadConfig({ env: {} });

/** Files by path; a number is a clip of so many tenths of a second, each of another sound. */
function makeTree(files: Record<string, string | number>): string {
  const directory = makeDirectory();
  for (const [path, content] of Object.entries(files)) {
    const file = join(directory, path);
    mkdirSync(dirname(file), { recursive: true });
    if (typeof content === "string") writeFileSync(file, content);
    else if (path.endsWith(".wav")) writeFileSync(file, encodeWave(new Int16Array(content * 1600).fill(content)));
    else encode(file, content);
  }
  return directory;
}

function encode(file: string, tenths: number): void {
  const program = `
import av, numpy, sys
codec = {"flac": "flac", "mp3": "libmp3lame"}[sys.argv[1].rsplit(".", 1)[1]]
samples = numpy.full((1, int(sys.argv[2]) * 1600), int(sys.argv[2]), dtype="int16")
with av.open(sys.argv[1], "w") as target:
    stream = target.add_stream(codec, rate=16000, layout="mono")
    frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
    frame.rate = 16000
    for ready in [frame, None]:
        for piece in ([ready] if ready is None else av.AudioResampler(stream.format, "mono", 16000, stream.frame_size or None).resample(ready)):
            target.mux(stream.encode(piece))
`;
  const made = spawnSync(python, ["-c", program, file, String(tenths)], { encoding: "utf8" });
  if (made.status !== 0) throw new Error(made.stderr);
}

const build = (args: readonly string[], cwd: string) =>
  runCli(["bench", "workloads", ...args, "--out", "out"], { cwd, env: { HUM_DATA_DIR: join(cwd, "data") } });
const leftOut = (cwd: string, name: string) =>
  readFileSync(join(cwd, "out", `${name}.left-out.txt`), "utf8")
    .trimEnd()
    .split("\n");

test("a folder gives a clip for each audio with a text, and tells all else by name", async () => {
  const cwd = makeTree({
    "mine/one.wav": 3,
    "mine/one.txt": " Hello there. \n",
    "mine/deep/two.wav": 4,
    "mine/deep/two.lab": "hello again",
    "mine/three.flac": 5,
    "mine/three.txt": "good bye",
    "mine/twin.wav": 3,
    "mine/twin.txt": "another text",
    "mine/mute.wav": 6,
    "mine/blank.wav": 7,
    "mine/blank.txt": "\n",
    "mine/hollow.wav": "",
    "mine/hollow.txt": "nothing",
    "mine/broken.mp3": "no audio at all",
    "mine/broken.txt": "nothing",
    "mine/alone.txt": "a text of nothing",
    "mine/zero.wav": 0,
    "mine/zero.txt": "nothing",
  });
  symlinkSync("gone.wav", join(cwd, "mine", "link.wav"));
  writeFileSync(join(cwd, "mine", "link.txt"), "a link to nothing");
  writeFileSync(join(cwd, "mine", "latin.txt"), Buffer.from("caf\xe9", "latin1"));
  writeFileSync(join(cwd, "mine", "latin.wav"), encodeWave(new Int16Array(1600).fill(99)));
  const result = await build(["folder", "mine", "--language", "de"], cwd);
  expect(result.err).toEqual([]);
  expect(result.code).toBe(0);
  const manifest = await readManifest(join(cwd, "out", "mine.jsonl"));
  expect(manifest.header).toMatchObject({ name: "mine", root: "../mine", items: 3, licence: null });
  expect(manifest.header.duration_s).toBeCloseTo(1.2, 1);
  expect(manifest.items.map(({ name, text, language, speaker }) => [name, text, language, speaker])).toEqual([
    ["deep/two.wav", "hello again", "de", null],
    ["one.wav", "Hello there.", "de", null],
    ["three.flac", "good bye", "de", null],
  ]);
  expect(leftOut(cwd, "mine").toSorted((a, b) => a.localeCompare(b))).toEqual([
    "alone.txt: has no audio of the same name",
    "blank.wav: its text is empty",
    expect.stringContaining("broken.mp3: the file is no audio that can be read"),
    "hollow.wav: is an empty file",
    "latin.wav: its text is not UTF-8",
    "link.wav: is missing",
    "mute.wav: has no .txt or .lab of the same name",
    "twin.wav: is the same audio as another of another text (one.wav)",
    "zero.wav: holds no audio",
  ]);
  expect(result.out.join("\n")).toContain("mine.jsonl: 3 clips, 1.2 s, licence unknown");
  expect(result.out.join("\n")).toContain("left out 1: has no .txt or .lab of the same name (mute.wav)");
});

test("LibriSpeech's folders give texts from the chapters, and speakers from the paths", async () => {
  const cwd = makeTree({
    "LibriSpeech/test-clean/1089/134686/1089-134686-0000.flac": 3,
    "LibriSpeech/test-clean/1089/134686/1089-134686-0001.flac": 4,
    "LibriSpeech/test-clean/1089/134686/1089-134686-0003.flac": 5,
    "LibriSpeech/test-clean/1089/134686/1089-134686.trans.txt":
      "1089-134686-0000 HE HOPED\n1089-134686-0001 STUFF IT INTO YOU\n1089-134686-0002 AFTER EARLY NIGHTFALL\n",
    "LibriSpeech/test-clean/121/121726/121-121726-0000.flac": 6,
    "LibriSpeech/test-clean/121/121726/121-121726.trans.txt": "121-121726-0000 ALSO A POPULAR CONTRIVANCE\n",
  });
  const { code, err } = await build(["librispeech", "LibriSpeech/test-clean"], cwd);
  expect({ code, err }).toEqual({ code: 0, err: [] });
  const { header, items } = await readManifest(join(cwd, "out", "librispeech-test-clean.jsonl"));
  expect(header).toMatchObject({ licence: "CC-BY-4.0", items: 3 });
  expect(items.map(({ name, text, speaker, language }) => [name, text, speaker, language])).toEqual([
    ["1089-134686-0000", "HE HOPED", "1089", "en"],
    ["1089-134686-0001", "STUFF IT INTO YOU", "1089", "en"],
    ["121-121726-0000", "ALSO A POPULAR CONTRIVANCE", "121", "en"],
  ]);
  expect(leftOut(cwd, "librispeech-test-clean")).toEqual([
    "1089-134686-0002: has a text, but no audio",
    "1089/134686/1089-134686-0003.flac: has no text in a *.trans.txt beside it",
  ]);
});

test("Common Voice's tables give sentences as they stand there, speakers and languages", async () => {
  const head = "client_id\tpath\tsentence_id\tsentence\tsentence_domain\tup_votes\tlocale\n";
  const row = (client: string, clip: string, sentence: string) => `${client}\t${clip}\tx\t${sentence}\t\t2\tzh-CN\n`;
  const cwd = makeTree({
    "cv-corpus-21.0/zh-CN/test.tsv":
      head +
      row("aa", "clip_1.mp3", '"Quoted," he said') +
      row("bb", "clip_2.mp3", "second") +
      row("bb", "clip_2.mp3", "second") +
      row("bb", "clip_3.mp3", "third"),
    "cv-corpus-21.0/zh-CN/validated.tsv": head + row("aa", "clip_1.mp3", "one"),
    "cv-corpus-21.0/zh-CN/clips/clip_1.mp3": 5,
    "cv-corpus-21.0/zh-CN/clips/clip_2.mp3": 8,
  });
  const folder = "cv-corpus-21.0/zh-CN";
  const { code, err } = await build(["common-voice", folder, "common-voice", `${folder}/validated.tsv`], cwd);
  expect({ code, err }).toEqual({ code: 0, err: [] });
  const { header, items } = await readManifest(join(cwd, "out", "common-voice-zh-CN-test.jsonl"));
  expect(header.source).toBe("Common Voice (commonvoice.mozilla.org), cv-corpus-21.0/zh-CN/test.tsv");
  expect(items.map(({ name, text, speaker, language }) => [name, text, speaker, language])).toEqual([
    ["clip_1.mp3", '"Quoted," he said', "aa", "zh"],
    ["clip_2.mp3", "second", "bb", "zh"],
  ]);
  expect(leftOut(cwd, "common-voice-zh-CN-test")).toEqual([
    "clip_2.mp3: is listed twice",
    "clip_3.mp3: has a text, but no audio",
  ]);
  expect((await readManifest(join(cwd, "out", "common-voice-zh-CN-validated.jsonl"))).items).toHaveLength(1);
});

test("with --copy the audio comes along, and the folder can be moved", async () => {
  const cwd = makeTree({ "mine/deep/one.wav": 3, "mine/deep/one.txt": "one" });
  expect((await build(["folder", "mine", "--copy", "--json"], cwd)).code).toBe(0);
  const manifest = await readManifest(join(cwd, "out", "mine.jsonl"));
  expect(manifest.header.root).toBe("mine");
  expect(existsSync(join(cwd, "out", "mine", "deep", "one.wav"))).toBe(true);
  expect(existsSync(join(cwd, "out", "mine.left-out.txt"))).toBe(false);
});

test.each([
  [["folder"], 2, "folder needs a path: folder PATH"],
  [["folder", "nowhere"], 2, "folder nowhere: there is nothing at"],
  [["asterix-en"], 2, 'unknown source "asterix-en"; did you mean asterisk-en?'],
  [["./mine"], 2, "a folder of your own is: folder ./mine"],
  [["folder", "mine", "--language", "german"], 2, '--language is "german"; it must be a code such as de'],
  [["librispeech", "mine"], 1, "holds no *.trans.txt; it must be a folder such as LibriSpeech/test-clean"],
  [["common-voice", "mine"], 1, "holds neither test.tsv nor validated.tsv; it must be a folder such as"],
  [["folder", "mine"], 1, "mine: no clip is left"],
])("%j ends with %d and says what would be right", async (args, code, message) => {
  const cwd = makeTree({ "mine/one.wav": 3 });
  const result = await build(args, cwd);
  expect(result.code).toBe(code);
  expect(result.err.join("\n")).toContain(message);
});

test("without a source it lists what there is, with the package that brings what is not installed", async () => {
  const { code, out } = await runCli(["bench", "workloads", "--json"]);
  expect(code).toBe(0);
  const rows = JSON.parse(out[0] ?? "") as { name: string; installed: boolean; clips: number; packages: string[] }[];
  expect(rows.find(({ name }) => name === "jfk")).toMatchObject({ installed: true, clips: 1, packages: [] });
  expect(rows.find(({ name }) => name === "cards")).toMatchObject({ packages: ["pocketsphinx-testdata"] });
  const table = await runCli(["bench", "workloads"]);
  expect(table.out.join("\n")).toMatch(/jfk +yes +1 +0 MB +en +11 s of John F. Kennedy/);
});

test("the sample in the checkout gives a manifest with its text", async () => {
  const cwd = makeDirectory();
  expect((await build(["jfk"], cwd)).code).toBe(0);
  const { items } = await readManifest(join(cwd, "out", "jfk.jsonl"));
  expect(items).toMatchObject([{ name: "jfk", duration_s: 11, text: expect.stringContaining("fellow Americans") }]);
});
