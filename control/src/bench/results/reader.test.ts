import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { stringify } from "yaml";
import { makeEnd, makeRun, makeTrial } from "../../../test/bench-records.ts";
import { nastyTexts } from "../../../test/nasty-text.ts";
import { formatDocument } from "./format.ts";
import { readDocuments, readResults } from "./reader.ts";
import type { ResultDocument, TrialRecord } from "./record.ts";
import { trialRecordSchema } from "./record.ts";

function write(text: string | Buffer): string {
  const directory = mkdtempSync(join(tmpdir(), "hum-results-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, "benchmark-x.db.yaml");
  writeFileSync(file, text);
  return file;
}

const streamOf = (...documents: ResultDocument[]) => documents.map(formatDocument).join("");
const read = (text: string | Buffer) => readResults(write(text));
const trial = (trial_id: string, over: Partial<TrialRecord> = {}) => makeTrial({ trial_id, ...over });

test("a whole file is its run, its trials and its end", async () => {
  const text = streamOf(makeRun(), trial("a"), trial("b"), makeEnd());
  expect(await read(text)).toEqual({
    file: expect.stringContaining("benchmark-x.db.yaml"),
    run: makeRun(),
    sessions: [makeRun()],
    trials: [trial("a"), trial("b")],
    trialDocuments: 2,
    end: makeEnd(),
    incomplete: false,
    wholeBytes: Buffer.byteLength(text),
    notes: [],
  });
});

test("cut at any byte, a file is what was whole before", async () => {
  const failed = { output: null, status: "error", error: { code: "x", message: "é…" } } as const;
  const documents = [makeRun(), trial("a"), trial("b", failed), makeEnd()];
  const parts = documents.map((document) => Buffer.from(formatDocument(document)));
  const bytes = Buffer.concat(parts);
  const ends = parts.map((_, index) => Buffer.concat(parts.slice(0, index + 1)).byteLength);
  const first = ends[0] as number;
  const judge = async (cut: number) => {
    const reading = read(bytes.subarray(0, cut));
    if (cut < first - "...\n".length) {
      await expect(reading, `${cut}`).rejects.toThrow("holds no whole run header yet");
      return;
    }
    const whole = ends.filter((end) => end <= cut);
    const results = await reading.catch(() => null);
    // Of a header that lacks but its mark all is there; it may count as whole or as torn.
    if (cut < first) return;
    expect(results, `${cut}`).toMatchObject({
      wholeBytes: whole.at(-1),
      incomplete: cut !== whole.at(-1),
      trials: documents.slice(1, Math.min(3, whole.length)),
      end: whole.length === 4 ? makeEnd() : null,
    });
  };
  for (const end of ends)
    for (let cut = end - 12; cut <= Math.min(end + 12, bytes.byteLength); cut += 1) await judge(cut);
  await fc.assert(fc.asyncProperty(fc.nat(bytes.byteLength), judge), { numRuns: 300 });
});

const round = (value: number) => Number(value.toFixed(9)) + 0;
const number = fc.oneof(
  fc.integer(),
  fc.double({ min: -1e9, max: 1e9, noNaN: true }).map(round),
  fc.double({ min: 0, max: 1e-6, noNaN: true }).map(round),
);
const text = fc.oneof(
  fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)) }),
  fc.string({ unit: "grapheme" }),
  fc.constantFrom(...nastyTexts),
);
/** zod reads no field of this one name, which would be the object's prototype. */
const names = text.filter((name) => name !== "__proto__");
const failure = fc.record({ code: text, message: text });
const status = fc.constantFrom("ok" as const, "error" as const, "timeout" as const, "invalid" as const);
const trials: fc.Arbitrary<TrialRecord> = fc.record({
  kind: fc.constant("trial"),
  run_id: fc.constant(makeRun().run_id),
  trial_id: text,
  session: fc.nat(),
  config_key: text,
  sut: text,
  run_config: fc.record(
    {
      model: fc.string({ minLength: 1 }),
      initial_prompt: fc.option(text),
      beam_size: fc.integer({ min: 1, max: 64 }),
      temperatures: fc.array(fc.constantFrom(0, 0.2, 1), { minLength: 1, maxLength: 3 }),
    },
    { requiredKeys: [] },
  ),
  scenario: text,
  workload: fc.record({ item: fc.option(text), requests: fc.nat(), audio_s: number }),
  warmup: fc.boolean(),
  iteration: fc.nat(),
  block: text,
  position: fc.nat(),
  started: fc
    .date({ noInvalidDate: true, min: new Date(0), max: new Date("2100-01-01") })
    .map((date) => date.toISOString()),
  timing: fc.record({
    offset_s: number,
    total_s: number,
    latency_s: fc.option(number),
    first_segment_s: fc.option(number),
    process_start_s: fc.option(number),
    load_s: fc.option(number),
    stages: fc.dictionary(names, number, { maxKeys: 3 }),
  }),
  metrics: fc.dictionary(names, fc.option(number), { maxKeys: 5 }),
  normalizer: text,
  output: fc.option(
    fc.record({
      text,
      language: fc.option(text),
      segments: fc.option(fc.array(fc.record({ start: number, end: number, text }), { maxLength: 3 })),
    }),
  ),
  requests: fc.array(
    fc.record({
      item: text,
      intended_s: number,
      sent_s: number,
      done_s: number,
      first_segment_s: fc.option(number),
      status,
      error: fc.option(failure),
      text: fc.option(text),
    }),
    { maxLength: 3 },
  ),
  doubts: fc.array(text),
  search: fc.option(
    fc.record({
      sustainable_rate: number,
      probes: fc.array(
        fc.record({ rate: number, requests: fc.nat(), latency_s: fc.option(number), kept: fc.boolean() }),
        { maxLength: 2 },
      ),
    }),
  ),
  sut_facts: fc.dictionary(names, text, { maxKeys: 3 }),
  status,
  error: fc.option(failure),
});

test("any trial is read again as it was written", async () => {
  await fc.assert(
    fc.asyncProperty(trials, async (made) => {
      expect(trialRecordSchema.parse(made)).toEqual(made);
      const ours = await read(streamOf(makeRun(), made));
      expect(ours.trials).toEqual([made]);
    }),
    { numRuns: 150 },
  );
});

test("what another writer of YAML wrote is read too: bare text, blocks, comments, and no marks at the ends", async () => {
  const documents = [
    makeRun(),
    trial("a", { output: { text: "one\ntwo\n", language: "en", segments: null } }),
    makeEnd(),
  ];
  const text = `# copied by hand\n${documents.map((document) => `---\n${stringify(document)}`).join("")}`;
  expect(text).toContain("text: |");
  const results = await read(text);
  expect(results).toMatchObject({ run: makeRun(), trials: [documents[1]], end: makeEnd(), incomplete: false });
  const cut = await read(text.slice(0, -5));
  expect(cut).toMatchObject({ trials: [documents[1]], end: null, incomplete: true });
});

test("damage before the end is told with its line, its field and what would be right", async () => {
  const lines = streamOf(makeRun(), trial("a"), trial("b")).split("\n");
  const at = lines.findIndex((line) => line.includes("total_s"));
  const spoil = (line: string) => lines.toSpliced(at, 1, line).join("\n");
  await expect(read(spoil("  total_s: fast"))).rejects.toThrow(
    new RegExp(`benchmark-x\\.db\\.yaml:${at + 1}: timing\\.total_s is "fast"; it must be a number$`),
  );
  await expect(read(spoil("  total_s: [1"))).rejects.toThrow(new RegExp(`benchmark-x\\.db\\.yaml:${at + 2}: `));
  await expect(read(spoil(""))).rejects.toThrow(/: timing\.total_s is missing; it must be a number$/);
  await expect(read(spoil("...\n---\nkind: trail"))).rejects.toThrow(/timing\.total_s is missing/);
  await expect(read("---\nkind: trail\n...\n")).rejects.toThrow(
    /:2: kind is "trail"; it must be one of run, trial, run-end; did you mean trial\?$/,
  );
});

test.each([
  ["an empty file", "", ":1: the file holds no whole run header yet"],
  ["trials without a run", streamOf(trial("a")), ":1: a trial stands before the run that it belongs to"],
  [
    "a trial of another run",
    streamOf(makeRun(), trial("a", { run_id: "other" })),
    "run_id is other; it must be 0123abcd-ef00",
  ],
])("%s is no result", async (_, text, told) => {
  await expect(read(text)).rejects.toThrow(told);
});

test("a torn document in the middle, as after a lost disk, is no end", async () => {
  const torn = formatDocument(trial("a")).slice(0, -60);
  await expect(read(streamOf(makeRun()) + torn + streamOf(trial("b")))).rejects.toThrow(/benchmark-x\.db\.yaml:\d+: /);
});

test("of trials that were repeated the first that was ok counts, or else the last, and that is told", async () => {
  const failed = { status: "error", error: { code: "x", message: "first" } } as const;
  const again = { status: "timeout", error: { code: "y", message: "second" } } as const;
  const results = await read(
    streamOf(
      makeRun(),
      trial("a", failed),
      trial("b", failed),
      trial("c"),
      makeRun({ session: 1 }),
      trial("a", { session: 1 }),
      trial("b", { session: 1, ...again }),
      trial("c", { session: 1 }),
    ),
  );
  expect(results.trials.map(({ trial_id, session, status }) => [trial_id, session, status])).toEqual([
    ["a", 1, "ok"],
    ["b", 1, "timeout"],
    ["c", 0, "ok"],
  ]);
  expect(results.trialDocuments).toBe(6);
  expect(results.notes).toEqual(["3 trials were repeated, such as a: the first that was ok counts"]);
});

test("of a run that was taken up the last session's gates count, with the time of the first one's beginning", async () => {
  const gates = [{ metric: "rtfx", at_least: 9 }];
  const later = { ...makeRun().definition, gates };
  const text = streamOf(makeRun(), makeRun({ session: 1, started: "2026-12-01T00:00:00Z", definition: later }));
  const { file } = await read(text);
  const { run, ends } = await readDocuments(file);
  expect(run).toMatchObject({ session: 1, started: makeRun().started, definition: { gates } });
  expect(ends).toEqual([]);
});

test("a run that was taken up has no end before its last session has one", async () => {
  const documents = [makeRun(), makeEnd({ status: "interrupted" }), makeRun({ session: 1 }), trial("a")] as const;
  expect(await read(streamOf(...documents))).toMatchObject({ end: null, sessions: [{ session: 0 }, { session: 1 }] });
  expect(await read(streamOf(...documents, makeEnd({ session: 1 })))).toMatchObject({ end: { session: 1 } });
});
