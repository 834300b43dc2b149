import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { makeEnd, makeRun, makeTrial } from "../../test/bench-records.ts";
import { HumError } from "../core/errors.ts";
import type { RunRecord } from "./results/record.ts";
import { createResults } from "./results/writer.ts";
import type { BenchmarkOutcome, HarnessListener } from "./runner/harness.ts";
import { type BenchmarkEnding, type Benchmarks, createBenchmarks } from "./service.ts";

type Run = (definition: string, listening: HarnessListener & { signal: AbortSignal }) => Promise<BenchmarkOutcome>;

function open(run: Run = () => Promise.reject(new Error("nothing is run here"))) {
  const directory = mkdtempSync(join(tmpdir(), "hum-service-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const [definitionsDir, resultsDir] = [join(directory, "definitions"), join(directory, "results")];
  mkdirSync(definitionsDir);
  for (const name of ["smoke", "server-load"]) writeFileSync(join(definitionsDir, `${name}.yaml`), "");
  const told: [string, ...unknown[]][] = [];
  const benchmarks = createBenchmarks({
    definitionsDir,
    resultsDir,
    run,
    observer: {
      started: ({ run_id }, planned) => told.push(["started", run_id, planned]),
      trial: ({ run_id }, { trial_id }) => told.push(["trial", run_id, trial_id]),
      ended: ({ run_id }, ending) => told.push(["ended", run_id, ending]),
    },
  });
  return { benchmarks, told, definitionsDir, resultsDir };
}

/** A run that goes on until the test ends it. */
function scripted(run: RunRecord = makeRun()) {
  const ended = Promise.withResolvers<BenchmarkOutcome>();
  const asked: { definition: string; signal: AbortSignal; listener: HarnessListener }[] = [];
  const end = (more: Partial<BenchmarkOutcome> = {}) =>
    ended.resolve({ file: "x.db.yaml", run, trials: [makeTrial()], end: makeEnd(), comparison: null, ...more });
  const start: Run = async (definition, { signal, ...listener }) => {
    asked.push({ definition, signal, listener });
    signal.addEventListener("abort", () => end({ end: makeEnd({ status: "interrupted" }) }), { once: true });
    listener.onStarted(run, { file: "x.db.yaml", planned: 3, finished: 0 });
    return ended.promise;
  };
  return { start, asked, end, fail: ended.reject, run };
}

const refusal = (asked: Promise<unknown>) =>
  asked.then(
    () => null,
    (error: HumError) => [error.code, error.message],
  );

test("a benchmark is started by its name, and told from its beginning to its end", async () => {
  const one = scripted();
  const { benchmarks, told, definitionsDir } = open(one.start);
  const { run_id } = one.run;
  const running = { run_id, name: "example", status: "running", progress: null, exit_code: null, error: null };
  expect(await benchmarks.start("smoke")).toEqual({ ...running, started: one.run.started });
  expect(one.asked[0]?.definition).toBe(join(definitionsDir, "smoke.yaml"));
  const seen: string[] = [];
  benchmarks.follow(run_id, ({ status, progress }, trial) => {
    seen.push(trial === null ? `${status} ${progress?.step}` : `trial ${trial.trial_id}`);
  });
  one.asked[0]?.listener.onProgress({ step: "warmup", label: "x", trials: { done: 0, planned: 3, remaining_s: null } });
  one.asked[0]?.listener.onTrial(one.run, makeTrial());
  one.end();
  await vi.waitFor(async () => expect(await benchmarks.get(run_id)).toMatchObject({ status: "complete" }));
  expect(seen).toEqual(["running warmup", "trial aaaaaaaaaaaaaaaa", "complete undefined"]);
  const ending: BenchmarkEnding = { status: "complete", trials: [makeTrial()], exit_code: null };
  expect(told).toEqual([
    ["started", run_id, 3],
    ["trial", run_id, "aaaaaaaaaaaaaaaa"],
    ["ended", run_id, ending],
  ]);
});

test("only names of files in the directory of definitions can be started", async () => {
  const one = scripted();
  const { benchmarks, definitionsDir, resultsDir } = open(one.start);
  mkdirSync(join(definitionsDir, "directory.yaml"));
  mkdirSync(resultsDir);
  for (const path of [
    join(definitionsDir, ".hidden.yaml"),
    join(resultsDir, "outside.yaml"),
    join(definitionsDir, "notes.txt"),
  ])
    writeFileSync(path, "");
  symlinkSync(join(resultsDir, "outside.yaml"), join(definitionsDir, "linked.yaml"));
  expect(benchmarks.definitions()).toEqual(["linked", "server-load", "smoke"]);
  for (const name of [
    "../results/outside",
    join(resultsDir, "outside"),
    "./smoke",
    "smoke.yaml",
    "directory",
    ".hidden",
    "",
    "smoke\0",
  ])
    expect(await refusal(benchmarks.start(name)), name).toEqual([
      "not_found",
      expect.stringContaining(`there is no benchmark definition ${JSON.stringify(name)}; `),
    ]);
  expect(one.asked).toEqual([]);
  expect(await refusal(benchmarks.start("smokes"))).toEqual([
    "not_found",
    'there is no benchmark definition "smokes"; did you mean smoke?',
  ]);
  rmSync(definitionsDir, { recursive: true });
  expect(benchmarks.definitions()).toEqual([]);
  expect(await refusal(benchmarks.start("smoke"))).toEqual([
    "not_found",
    'there is no benchmark definition "smoke"; there are: none',
  ]);
});

test("one runs at a time, from the moment it is asked for until it has ended", async () => {
  const one = scripted();
  const { benchmarks } = open(one.start);
  const begun = benchmarks.start("smoke");
  expect(await refusal(benchmarks.start("smoke"))).toEqual([
    "overloaded",
    `a benchmark runs already (${one.run.run_id}); two would disturb each other`,
  ]);
  await begun;
  const again: string[] = [];
  benchmarks.follow(one.run.run_id, ({ status }) => {
    // Whoever is told of the end may start the next one.
    void Promise.resolve().then(async () =>
      again.push(status, (await refusal(benchmarks.start("smoke")))?.[0] ?? "begun"),
    );
  });
  one.end();
  await vi.waitFor(() => expect(again).toEqual(["complete", "begun"]));
});

test("what is wrong before a run has begun is told to whoever starts it, and the next one may be started", async () => {
  const { benchmarks, told } = open(() => Promise.reject(new HumError("bad_request", "smoke.yaml:1: it is empty")));
  for (const _ of [1, 2])
    expect(await refusal(benchmarks.start("smoke"))).toEqual(["bad_request", "smoke.yaml:1: it is empty"]);
  expect(told).toEqual([]);
  expect(await benchmarks.list()).toEqual([]);
});

test("a run that cannot go on has failed, which is told once, with what it had done", async () => {
  const one = scripted();
  const { benchmarks, told } = open(one.start);
  const { run_id } = await benchmarks.start("smoke");
  one.asked[0]?.listener.onTrial(one.run, makeTrial());
  one.fail(new HumError("overloaded", "x.db.yaml cannot be written: ENOSPC"));
  await vi.waitFor(async () => expect(await benchmarks.get(run_id)).toMatchObject({ status: "failed" }));
  expect(await benchmarks.get(run_id)).toMatchObject({ error: "x.db.yaml cannot be written: ENOSPC", exit_code: null });
  expect(told.slice(2)).toEqual([["ended", run_id, { status: "failed", trials: [makeTrial()], exit_code: null }]]);
});

test("a run is ended by its id, which may be done again, and others are not known", async () => {
  const one = scripted();
  const { benchmarks } = open(one.start);
  const { run_id } = await benchmarks.start("smoke");
  expect(await benchmarks.cancel("another")).toBeNull();
  expect(await benchmarks.get(run_id)).toMatchObject({ status: "running" });
  const [first, second] = await Promise.all([benchmarks.cancel(run_id), benchmarks.cancel(run_id)]);
  expect(first).toMatchObject({ run_id, status: "interrupted", progress: null, exit_code: null });
  expect(second).toEqual(first);
  expect(await benchmarks.cancel(run_id)).toEqual(first);
});

test("a node that stops ends what runs or is being prepared, and takes no more", async () => {
  const prepared = Promise.withResolvers<void>();
  const { benchmarks } = open(async (_, { signal }) => {
    prepared.resolve();
    const left = Promise.withResolvers<never>();
    signal.addEventListener("abort", () => left.reject(signal.reason), { once: true });
    return left.promise;
  });
  const asked = refusal(benchmarks.start("smoke"));
  await prepared.promise;
  await benchmarks.stop();
  expect(await asked).toEqual([expect.anything(), expect.stringContaining("aborted")]);
  expect(await refusal(benchmarks.start("smoke"))).toEqual(["overloaded", expect.stringMatching(/^the node stops; /)]);
});

async function leave(directory: string, run: RunRecord, end: Parameters<typeof makeEnd>[0] | null): Promise<string> {
  const writer = await createResults(directory, run);
  if (end !== null) await writer.append(makeEnd({ run_id: run.run_id, ...end }));
  await writer.close();
  return writer.file;
}

async function viewsOf(benchmarks: Benchmarks) {
  return (await benchmarks.list()).map(({ run_id, status, error }) => [run_id, status, error]);
}

test("runs of an earlier life are found by their results, and what this one runs stands among them", async () => {
  const one = scripted(makeRun({ run_id: "taken-up" }));
  const { benchmarks, resultsDir } = open(one.start);
  expect(await benchmarks.list()).toEqual([]);
  const error = { code: "loading", message: "the server ended" };
  await leave(resultsDir, makeRun({ run_id: "broken", started: "2026-01-01T00:00:00Z" }), { status: "failed", error });
  await leave(resultsDir, makeRun({ run_id: "dead", started: "2026-12-01T00:00:00Z" }), null);
  const file = await leave(resultsDir, makeRun({ run_id: "taken-up" }), { status: "interrupted" });
  writeFileSync(join(resultsDir, "benchmark-odd.db.yaml"), "- no result\n");
  const others = (status: string) => [
    ["dead", "open", null],
    ["taken-up", status, null],
    ["broken", "failed", "the server ended"],
  ];
  expect(await viewsOf(benchmarks)).toEqual(others("interrupted"));
  expect(await benchmarks.get("broken")).toMatchObject({ name: "example", status: "failed", exit_code: null });
  expect(await benchmarks.file("taken-up")).toBe(file);
  expect(basename((await benchmarks.file("dead")) ?? "")).toMatch(/^benchmark-.*-dead\.db\.yaml$/);
  expect([await benchmarks.file("../x"), await benchmarks.get("../x")]).toEqual([null, null]);
  expect(await benchmarks.cancel("broken")).toMatchObject({ status: "failed" });
  expect(await refusal(benchmarks.cancel("dead"))).toEqual([
    "bad_request",
    expect.stringMatching(/does not run "dead"/),
  ]);
  await benchmarks.start("smoke");
  expect(await viewsOf(benchmarks)).toEqual(others("running"));
});
