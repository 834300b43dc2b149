import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, onTestFinished, test } from "vitest";
import { schemaFile } from "../../src/bench/definition/json-schema.ts";
import { loadDefinition } from "../../src/bench/definition/load.ts";
import { formatDocument } from "../../src/bench/results/format.ts";
import { exportLegacy } from "../../src/bench/results/legacy-export.ts";
import { importLegacy } from "../../src/bench/results/legacy-import.ts";
import { readResults } from "../../src/bench/results/reader.ts";
import { createResults } from "../../src/bench/results/writer.ts";
import { checkoutRoot } from "../../src/core/checkout.ts";
import { makeEnd, makeRun, makeTrial } from "../bench-records.ts";
import { nastyTexts } from "../nasty-text.ts";

const python = join(checkoutRoot, ".venv/bin/python");

function makeDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "hum-results-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
}

/** The documents of a stream as another reader sees them. */
const readers = {
  PyYAML: "docs = list(yaml.safe_load_all(f))",
  "PyYAML in C": "docs = list(yaml.load_all(f, Loader=yaml.CSafeLoader))",
  "ruamel.yaml": "docs = list(ruamel.yaml.YAML(typ='safe', pure=True).load_all(f))",
};

function readBy(reader: keyof typeof readers, text: string): unknown {
  const file = join(makeDirectory(), "x.yaml");
  writeFileSync(file, text);
  const program = `import json, sys, yaml, ruamel.yaml
with open(sys.argv[1], encoding="utf-8") as f:
    ${readers[reader]}
print(json.dumps(docs))`;
  return JSON.parse(execFileSync(python, ["-c", program, file], { encoding: "utf8" }));
}

const names = Object.keys(readers) as (keyof typeof readers)[];

test.each(names)("%s reads every text and number as it was written", (reader) => {
  const texts = {
    texts: nastyTexts,
    keys: Object.fromEntries(nastyTexts.map((text) => [text.slice(0, 100), text.slice(0, 100)])),
  };
  const numbers = {
    numbers: [1e-7, 1e-9, 0, 100, -0.000001, 1e21, 1.5e300, 2 ** 53, 0.1, 123456.789],
    on: 1,
    y: 2,
    no: [true, null],
  };
  expect(readBy(reader, formatDocument(texts) + formatDocument(numbers))).toEqual([texts, numbers]);
});

test.each(names)("%s reads a result file as we do", async (reader) => {
  const writer = await createResults(makeDirectory(), makeRun());
  for (const document of [makeTrial(), makeTrial({ trial_id: "12e4", metrics: { rtf: 1e-7 } }), makeEnd()])
    await writer.append(document);
  await writer.close();
  const { run, trials, end } = await readResults(writer.file);
  expect(readBy(reader, readFileSync(writer.file, "utf8"))).toEqual(JSON.parse(JSON.stringify([run, ...trials, end])));
});

test("a list that PyYAML dumped is imported, and PyYAML reads what is exported as it was", async () => {
  const row = {
    model: "base",
    compute_type: "int8",
    device: "cpu",
    beam_size: 5,
    vad_filter: true,
    word_timestamps: false,
    audio_file: "/app/audio/a: b.wav",
    load_time: 1.25,
    inference_time: 0.00001,
    transcription_time: 2.5,
    total_transcription_time: 2.50001,
    total_time: 3.75001,
    audio_duration: 10,
    rtf: 0.250001,
    transcription: " Yes: it's “quoted”,\nand long. ".repeat(20),
  };
  const directory = makeDirectory();
  const file = join(directory, "benchmark-2025-01-31_15-30-00.db.yaml");
  const program = "import json, sys, yaml; yaml.dump([json.loads(sys.argv[1])], open(sys.argv[2], 'w'))";
  execFileSync(python, ["-c", program, JSON.stringify(row), file]);
  const { run, trials, end } = importLegacy(file);
  const writer = await createResults(join(directory, "out"), run);
  for (const document of [...trials, end]) await writer.append(document);
  await writer.close();
  const { text } = exportLegacy(await readResults(writer.file));
  expect(readBy("PyYAML", text)).toEqual([[row]]);
});

test("the checksum is one that sha256sum verifies", async () => {
  const directory = makeDirectory();
  const writer = await createResults(directory, makeRun());
  await writer.append(makeEnd());
  await writer.close();
  const [name = ""] = readdirSync(directory).filter((file) => file.endsWith(".sha256"));
  expect(execFileSync("sha256sum", ["-c", name], { cwd: directory, encoding: "utf8" })).toMatch(/: OK$/m);
});

test("an editor's schema says of a definition what the harness says", () => {
  const directory = makeDirectory();
  const judge = (text: string) => {
    const file = join(directory, "x.yaml");
    writeFileSync(file, text);
    const judged = { harness: true, editor: true };
    try {
      loadDefinition(file, { env: {}, metrics: [] });
    } catch {
      judged.harness = false;
    }
    try {
      const schema = schemaFile("definition").pathname;
      execFileSync(join(checkoutRoot, ".venv/bin/check-jsonschema"), ["--schemafile", schema, file], {
        stdio: "ignore",
      });
    } catch {
      judged.editor = false;
    }
    return judged;
  };
  const text = `# yaml-language-server: $schema=schema/definition.schema.json
schema: hum-helix/benchmark-definition@1
name: example
workloads:
  - { kind: generated, name: silence, sound: silence, duration_s: 5 }
suts:
  - kind: hum-helix
matrix: { beam_size: [1, 5] }
`;
  expect(judge(text)).toEqual({ harness: true, editor: true });
  expect(judge(text.replace("beam_size", "beam_sise"))).toEqual({ harness: false, editor: false });
});

function startWriter(directory: string, { count, limitKiB }: { count: number; limitKiB?: number }) {
  const program = [process.execPath, join(import.meta.dirname, "results-writer.ts"), directory, String(count)];
  // Node ignores the signal that comes with this limit: it has the effect of a disk that is full after so many bytes.
  const limit = limitKiB === undefined ? "" : `ulimit -f ${limitKiB}; `;
  const child = spawn("bash", ["-c", `${limit}exec "$@"`, "bash", ...program]);
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

/** The last number that it told before it ended, and what it said of a failure. */
async function ended(child: ChildProcessWithoutNullStreams): Promise<{ first: number; last: number; failure: string }> {
  let failure = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    failure += text;
  });
  const told: number[] = [];
  for await (const line of createInterface(child.stdout)) told.push(Number(line));
  return { first: told[0] ?? -1, last: told.at(-1) ?? -1, failure };
}

const onlyFile = (directory: string) =>
  join(directory, readdirSync(directory).find((name) => name.endsWith(".db.yaml")) ?? "none");

test("a harness that is killed leaves what it had written, and another one takes the run up to its end", async () => {
  const directory = makeDirectory();
  const child = startWriter(directory, { count: 1_000_000 });
  for await (const line of createInterface(child.stdout)) if (Number(line) >= 100) break;
  child.kill("SIGKILL");
  await once(child, "close");
  const left = (await readResults(onlyFile(directory))).trials.length;
  expect(left).toBeGreaterThanOrEqual(100);
  const { first, failure } = await ended(startWriter(directory, { count: left + 50 }));
  expect({ first, failure }).toEqual({ first: left, failure: "" });
  const results = await readResults(onlyFile(directory));
  expect(results).toMatchObject({ incomplete: false, notes: [], end: { status: "complete", session: 1 } });
  expect(results.trials).toHaveLength(left + 50);
});

test("a disk that takes no more is told, and what was whole stays whole", async () => {
  const directory = makeDirectory();
  const { last, failure } = await ended(startWriter(directory, { count: 100, limitKiB: 200 }));
  expect(failure).toMatch(/\.db\.yaml cannot be written: EFBIG/);
  expect(last).toBeGreaterThan(5);
  expect(await readResults(onlyFile(directory))).toMatchObject({ incomplete: false, end: null });
  expect((await readResults(onlyFile(directory))).trials).toHaveLength(last);
  expect(await ended(startWriter(directory, { count: 100 }))).toEqual({ first: last, last: 100, failure: "" });
});
