import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { makeRun, makeTrial } from "../../../test/bench-records.ts";
import { exportLegacy } from "./legacy-export.ts";
import { importLegacy } from "./legacy-import.ts";
import { readLegacyRows } from "./legacy-rows.ts";
import { readResults } from "./reader.ts";
import { resultDocumentSchema } from "./record.ts";
import { createResults } from "./writer.ts";

function write(text: string, name = "benchmark-20250131-153000.db.yaml"): string {
  const directory = mkdtempSync(join(tmpdir(), "hum-legacy-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  writeFileSync(join(directory, name), text);
  return join(directory, name);
}

/** As PyYAML dumps a dictionary. */
const row = (over: Record<string, string> = {}) => {
  const fields = {
    audio_duration: "11.0",
    audio_file: "audio/jfk.wav",
    beam_size: "5",
    compute_type: "int8",
    device: "cuda",
    inference_time: "0.125",
    load_time: "1.5",
    model: "base",
    rtf: "0.1",
    total_time: "2.6",
    total_transcription_time: "1.1",
    transcription: "' And so: my fellow Americans'",
    transcription_time: "0.975",
    vad_filter: "true",
    word_timestamps: "false",
    ...over,
  };
  const lines = Object.entries(fields).filter(([, value]) => value !== "");
  return lines.map(([name, value], index) => `${index === 0 ? "- " : "  "}${name}: ${value}\n`).join("");
};

test("an old list becomes a run whose rows are trials, with the times where they belong", () => {
  const { run, trials, end, notes } = importLegacy(write(row() + row() + row({ beam_size: "1" })));
  for (const document of [run, ...trials, end]) expect(resultDocumentSchema.parse(document)).toEqual(document);
  expect(run).toMatchObject({ started: "2025-01-31T15:30:00.000Z", environment: { cpu_model: "unknown" } });
  expect(run.configs.map(({ run_config }) => run_config.beam_size)).toEqual([5, 1]);
  expect(run.items).toMatchObject([{ key: "jfk/jfk", audio: "audio/jfk.wav", duration_s: 11, text: null }]);
  expect(trials.map(({ run_config, iteration }) => [run_config.beam_size, iteration])).toEqual([
    [5, 0],
    [5, 1],
    [1, 0],
  ]);
  expect(trials[0]).toMatchObject({
    config_key: run.configs[0]?.config_key,
    run_config: { model: "base", compute_type: "int8", device: "cuda", vad_filter: true, word_timestamps: false },
    workload: { item: "jfk/jfk", audio_s: 11 },
    timing: { total_s: 1.1, latency_s: 1.1, load_s: 1.5, stages: { prepare: 0.125, generate: 0.975 } },
    metrics: { rtf: 0.1, rtfx: 10, total_time_s: 2.6 },
    output: { text: " And so: my fellow Americans" },
    status: "ok",
  });
  expect(end).toMatchObject({ status: "complete", trials: 3, wall_s: expect.closeTo(7.8) });
  expect(notes).toEqual([expect.stringMatching(/^the time in the name of .* is taken for UTC$/)]);
});

test("two imported runs are comparable with no other one, nor with each other", () => {
  const [one, other] = [importLegacy(write(row())), importLegacy(write(row({ load_time: "1.6" })))];
  expect(one.run.environment_key).not.toBe(other.run.environment_key);
  expect(one.run.plan_hash).not.toBe(other.run.plan_hash);
});

test("what is imported, written, read and exported again is the list that it was", async () => {
  const file = write(
    row() + row({ beam_size: "1", rtf: "", load_time: "", transcription: "''" }) + row({ model: "", audio_file: "" }),
  );
  const { run, trials, end } = importLegacy(file);
  const directory = join(file, "..", "out");
  const writer = await createResults(directory, run);
  for (const document of [...trials, end]) await writer.append(document);
  await writer.close();
  const { text, rows, notes } = exportLegacy(await readResults(writer.file));
  expect(notes).toEqual([]);
  expect(rows).toEqual(readLegacyRows(file).rows);
  expect(readLegacyRows(write(text)).rows).toEqual(rows);
});

test("numbers and truths that are written as text are meant as such, and what is unknown is told, not dropped silently", () => {
  const file = write(
    row({ rtf: "'1e-05'", vad_filter: "'yes'", hostname: "gpu1", load_time: "null" }) + row({ hostname: "gpu1" }),
  );
  const { rows, notes } = readLegacyRows(file);
  expect(rows[0]).toMatchObject({ rtf: 1e-5, vad_filter: true });
  expect(rows[0]).not.toHaveProperty("load_time");
  expect(notes.map((note) => note.replace(file, ""))).toEqual([
    ":9: rtf is written as text and read as 0.00001",
    ":14: vad_filter is written as text and read as true",
    ":16: hostname has no place in a result and is left out (and 1 times more)",
  ]);
});

test("what is wrong in a list is told with its line", () => {
  expect(() => importLegacy(write(row() + row({ beam_size: "many" })))).toThrow(
    /:18: 1\.beam_size is "many"; it must be a number$/,
  );
  expect(() => importLegacy(write("model: base\n"))).toThrow(/:1: the file is \{"model":"base"\}; it must be a list$/);
});

test("a row without its time counts as invalid, and a rtf that is something else is told", () => {
  const file = write(
    row({ total_transcription_time: "", inference_time: "" }) + row({ rtf: "10" }),
    "benchmark-x.db.yaml",
  );
  const { run, trials, notes } = importLegacy(file);
  expect(trials.map(({ status }) => status)).toEqual(["invalid", "ok"]);
  expect(notes).toEqual([
    expect.stringMatching(/does not tell in its name when it was begun/),
    "1 of 2 rows have no total_transcription_time and count as invalid",
    "rtf of 1 rows is not total_transcription_time / audio_duration; it is kept as it is written",
  ]);
  expect(exportLegacy({ run, trials }).rows).toEqual(readLegacyRows(file).rows);
});

test("of our own results the list gets the trials that it has place for; what it loses is told", () => {
  const trials = [
    makeTrial({ warmup: true }),
    makeTrial(),
    makeTrial({
      sut: "peer",
      run_config: { beam_size: 5, temperatures: [0.2] },
      timing: { ...makeTrial().timing, load_s: 1.5 },
    }),
    makeTrial({ status: "timeout", error: { code: "timeout", message: "x" } }),
    makeTrial({ workload: { item: null, requests: 3, audio_s: 15 } }),
  ];
  const { rows, notes } = exportLegacy({ run: makeRun(), trials });
  expect(rows).toEqual([
    {
      beam_size: 1,
      audio_file: "generated:silence",
      transcription_time: 0.2,
      total_transcription_time: 0.25,
      total_time: 0.25,
      audio_duration: 5,
      rtf: 0.05,
      transcription: "no",
    },
    expect.objectContaining({ beam_size: 5, load_time: 1.5, total_time: 1.75 }),
  ]);
  expect(notes).toEqual([
    "1 of 5 trials are left out: warm-up",
    "1 of 5 trials are left out: status timeout",
    "1 of 5 trials are left out: of many requests",
    "the list has no place for sut, temperatures, in which these trials differ",
  ]);
});
