import { expect, test } from "vitest";
import { makeDefinition } from "../../../test/bench-definition.ts";
import { itemAt } from "../../../test/bench-items.ts";
import { heard, lost, type ScriptedSut, scriptedSut } from "../../../test/bench-sut.ts";
import { systemClock } from "../../core/clock.ts";
import { HumError } from "../../core/errors.ts";
import { createCapture } from "../capture/usage.ts";
import { makePlan } from "../plan/plan.ts";
import type { TrialRecord } from "../results/record.ts";
import { createScenario } from "../scenarios/create.ts";
import { abandoned } from "../suts/abandoned.ts";
import type { Asked } from "../suts/sut.ts";
import type { RunProgress } from "./progress.ts";
import { type RunnerOptions, type RunResult, runTrials } from "./run.ts";

const clips = ["clip-0", "clip-1"].map((name) => itemAt(`${name}.wav`, { name, key: `test/${name}`, text: "yes" }));

interface Ran {
  result: RunResult;
  trials: TrialRecord[];
  /** Those that count. */
  counted: TrialRecord[];
  progress: RunProgress[];
}

type Given = Partial<Omit<RunnerOptions, "suts" | "plan" | "append">> & {
  items?: typeof clips;
  append?: (trial: TrialRecord) => void | Promise<void>;
};

async function run(
  over: Parameters<typeof makeDefinition>[0],
  suts: readonly ScriptedSut[],
  { items = clips.slice(0, 1), append = () => undefined, ...given }: Given = {},
): Promise<Ran> {
  const definition = makeDefinition({ suts: suts.map(({ name }) => ({ kind: "hum-helix", name })), ...over });
  const trials: TrialRecord[] = [];
  const progress: RunProgress[] = [];
  const result = await runTrials({
    plan: makePlan(definition, { items, runnable: () => true }),
    suts: new Map(suts.map((sut) => [sut.name, sut])),
    scenario: createScenario(definition.scenario),
    run_id: "run",
    session: 0,
    finished: new Set(),
    capture: createCapture([], { env: {} }),
    clock: systemClock,
    signal: new AbortController().signal,
    onProgress: (one) => progress.push(one),
    undecided: () => 0,
    ...given,
    async append(trial) {
      await append(trial);
      trials.push(trial);
    },
  });
  return { result, trials, counted: trials.filter(({ warmup }) => !warmup), progress };
}

const of = (trials: readonly TrialRecord[]) =>
  trials.map(({ run_config, block, status }) => `${run_config.model ?? run_config.beam_size ?? ""} ${block} ${status}`);

test("each run config is warmed up before the first block, which is recorded and does not count", async () => {
  const sut = scriptedSut({ answers: () => heard("yes") });
  const { trials, counted, result } = await run(
    { matrix: { beam_size: [1, 5] }, protocol: { min_trials: 2, warmup: 2 } },
    [sut],
  );
  expect(result).toEqual({ status: "complete", unavailable: [] });
  expect(trials.map(({ warmup, run_config }) => `${warmup ? "warm-up" : "trial"} ${run_config.beam_size}`)).toEqual([
    ...["warm-up 1", "warm-up 1", "warm-up 5", "warm-up 5"],
    ...["trial 1", "trial 5", "trial 5", "trial 1"],
  ]);
  expect(trials.filter(({ trial_id, warmup }) => trial_id.startsWith("warmup-") === warmup)).toHaveLength(8);
  expect(new Set(trials.map(({ trial_id }) => trial_id)).size).toBe(8);
  // One process, started for the first warm-up.
  expect(sut.log.filter((line) => !line.startsWith("ask"))).toEqual(["open default", "close 1"]);
  expect(trials.map(({ timing }) => timing.load_s)).toEqual([1.5, ...Array(7).fill(null)]);
  expect(counted[0]).toMatchObject({
    run_id: "run",
    block: "0/test/clip-0",
    position: 0,
    scenario: "single-stream",
    workload: { item: "test/clip-0", requests: 1, audio_s: 1 },
    timing: { stages: { engine: 0.001 } },
    metrics: { wer: 0, cpu_s: null },
    normalizer: "whisper-basic@1",
    output: { text: "yes" },
    sut_facts: { instance: "1" },
    requests: [],
    status: "ok",
    error: null,
  });
  expect(counted[0]?.timing.latency_s).toBeGreaterThan(0);
});

test("in fresh processes every trial has one of its own and its cold path, and none is warmed up", async () => {
  const sut = scriptedSut();
  const protocol = { isolation: "fresh-process", min_trials: 2, warmup: 3 } as const;
  const { trials } = await run({ matrix: { beam_size: [1, 5] }, protocol }, [sut]);
  expect(trials.map(({ warmup, timing }) => [warmup, timing.process_start_s, timing.load_s])).toEqual(
    Array(4).fill([false, 0.5, 1.5]),
  );
  expect(sut.log).toEqual([1, 2, 3, 4].flatMap((n) => ["open default", `ask ${n} clip-0`, `close ${n}`]));
  expect(sut.most()).toBe(1);
});

test("no more SUTs are kept than is said, and one that comes back is warmed up before it is measured", async () => {
  const sut = scriptedSut();
  const protocol = { min_trials: 2, max_resident: 2 };
  const { trials, counted } = await run({ matrix: { model: ["a", "b", "c"] }, protocol }, [sut]);
  expect(sut.most()).toBe(2);
  expect(of(counted)).toEqual([
    ...["a 0/test/clip-0 ok", "b 0/test/clip-0 ok", "c 0/test/clip-0 ok"],
    ...["c 1/test/clip-0 ok", "b 1/test/clip-0 ok", "a 1/test/clip-0 ok"],
  ]);
  // The order makes the best of those that are there: only a is started twice.
  expect(sut.log.filter((line) => line.startsWith("open"))).toEqual(["open a", "open b", "open c", "open a"]);
  expect(trials.filter(({ timing }) => timing.load_s !== null).map(({ warmup }) => warmup)).toEqual(
    Array(4).fill(true),
  );
  expect(trials.filter(({ warmup }) => warmup)).toHaveLength(4);
  expect(sut.running()).toBe(0);
});

test("in sequence a run config is warmed up when it is its turn", async () => {
  const { trials } = await run({ matrix: { model: ["a", "b"] }, protocol: { order: "sequential", min_trials: 2 } }, [
    scriptedSut(),
  ]);
  expect(trials.map(({ warmup, run_config }) => `${warmup ? "warm-up" : "trial"} ${run_config.model}`)).toEqual([
    ...["warm-up a", "trial a", "trial a"],
    ...["warm-up b", "trial b", "trial b"],
  ]);
});

test("a SUT that dies takes its trial with it, and the next one has a fresh one that is warmed up first", async () => {
  const sut = scriptedSut({
    answers(_, { instance, request }) {
      if (instance === 1 && request === 3) throw lost();
      return heard();
    },
  });
  const { trials, result } = await run({ protocol: { min_trials: 3 } }, [sut]);
  expect(result.status).toBe("complete");
  expect(trials.map(({ warmup, status, sut_facts }) => [warmup, status, sut_facts.instance])).toEqual([
    [true, "ok", "1"],
    [false, "ok", "1"],
    [false, "error", "1"],
    [true, "ok", "2"],
    [false, "ok", "2"],
  ]);
  expect(trials[2]).toMatchObject({
    block: "1/test/clip-0",
    error: { code: "sut_lost", message: "the server ended (SIGKILL)" },
    output: null,
    metrics: {},
  });
  expect(sut.running()).toBe(0);
});

test("one that dies while it is warmed up is measured in a fresh one", async () => {
  const sut = scriptedSut({
    answers(_, { instance }) {
      if (instance === 1) throw lost();
      return heard();
    },
  });
  const { trials } = await run({ protocol: { min_trials: 1 } }, [sut]);
  expect(trials.map(({ warmup, status, sut_facts }) => [warmup, status, sut_facts.instance])).toEqual([
    [true, "error", "1"],
    [true, "ok", "2"],
    [false, "ok", "2"],
  ]);
});

test("a SUT that does not start is asked to only once, told for each of its run configs, and the others go on", async () => {
  const broken = scriptedSut({
    name: "broken",
    opens() {
      throw new HumError("loading", "it was not ready after 1 s");
    },
  });
  const { result, counted, progress } = await run({ matrix: { beam_size: [1, 5] }, protocol: { min_trials: 2 } }, [
    broken,
    scriptedSut({ name: "sound" }),
  ]);
  expect(broken.log).toEqual(["open default"]);
  expect(result).toEqual({
    status: "complete",
    unavailable: [
      { label: "broken beam_size=1", message: "it was not ready after 1 s" },
      { label: "broken beam_size=5", message: "it was not ready after 1 s" },
    ],
  });
  expect(counted.map(({ sut }) => sut)).toEqual(Array(4).fill("sound"));
  // Its trials are not waited for.
  expect(progress.at(-1)).toMatchObject({ step: "trial", label: "sound beam_size=1", trials: { done: 3, planned: 4 } });
  expect(progress.filter(({ step }) => step === "opening").map((one) => "label" in one && one.label)).toEqual([
    "broken beam_size=1",
    "sound beam_size=1",
  ]);
});

/** Never answers before its signal. */
async function untilLeft({ signal }: Asked) {
  const left = Promise.withResolvers<void>();
  if (signal.aborted) left.resolve();
  signal.addEventListener("abort", () => left.resolve(), { once: true });
  await left.promise;
  return abandoned(signal);
}

test("a trial that takes too long is told as such, and the run goes on with the same SUT", async () => {
  const sut = scriptedSut({ answers: (asked, { request }) => (request === 2 ? untilLeft(asked) : heard()) });
  const { counted } = await run({ protocol: { min_trials: 2, trial_timeout_s: 0.05 } }, [sut]);
  expect(counted.map(({ status, error }) => [status, error?.message ?? null])).toEqual([
    ["timeout", "no answer within 0.05 s"],
    ["ok", null],
  ]);
  expect(counted[0]?.metrics).toMatchObject({ rtfx: null });
  expect(sut.log.filter((line) => line.startsWith("open"))).toHaveLength(1);
});

test("blocks are added up to the most only where a comparison is undecided, which is asked once", async () => {
  const protocol = { min_trials: 2, max_trials: 4 };
  const asked: number[] = [];
  const undecided = () => asked.push(asked.length) - 1;
  const decided = await run({ protocol }, [scriptedSut()], { undecided });
  expect(decided.counted).toHaveLength(2);
  const { counted, progress } = await run({ protocol }, [scriptedSut()], { undecided });
  expect(asked).toHaveLength(2);
  expect(of(counted)).toEqual([0, 1, 2, 3].map((iteration) => ` ${iteration}/test/clip-0 ok`));
  expect(progress.find(({ step }) => step === "extending")).toMatchObject({
    undecided: 1,
    trials: { done: 2, planned: 4 },
  });
  const never = await run({ protocol: { min_trials: 2 } }, [scriptedSut()], { undecided });
  expect(never.counted).toHaveLength(2);
  expect(asked).toHaveLength(2);
});

test("trials that an earlier session has finished are not run again, nor is anything warmed up for them", async () => {
  const both = { matrix: { model: ["a", "b"] }, protocol: { min_trials: 2 } };
  const whole = await run(both, [scriptedSut()]);
  const ofA = whole.counted.filter(({ run_config }) => run_config.model === "a");
  const finished = new Set(ofA.map(({ trial_id }) => trial_id));
  const sut = scriptedSut();
  const { trials, progress } = await run(both, [sut], { finished, session: 1 });
  expect(of(trials)).toEqual(["b 0/test/clip-0 ok", "b 0/test/clip-0 ok", "b 1/test/clip-0 ok"]);
  expect(trials.map(({ session }) => session)).toEqual([1, 1, 1]);
  expect(sut.log[0]).toBe("open b");
  expect(progress[0]?.trials).toEqual({ done: 0, planned: 2, remaining_s: null });
});

test("an interruption in the middle of a trial leaves nothing of it, and ends every SUT", async () => {
  const abort = new AbortController();
  const sut = scriptedSut({
    async answers(asked, { request }) {
      if (request < 3) return heard();
      abort.abort();
      return untilLeft(asked);
    },
  });
  const { result, trials } = await run({ protocol: { min_trials: 5 } }, [sut], { signal: abort.signal });
  expect(result.status).toBe("interrupted");
  expect(of(trials)).toEqual([" 0/test/clip-0 ok", " 0/test/clip-0 ok"]);
  expect(sut.running()).toBe(0);
});

test("an interruption while a SUT starts is no fault of it", async () => {
  const abort = new AbortController();
  const sut = scriptedSut({
    opens() {
      abort.abort();
      throw new HumError("loading", "no server answers: the operation was aborted");
    },
  });
  const { result, trials } = await run({}, [sut], { signal: abort.signal });
  expect(result).toEqual({ status: "interrupted", unavailable: [] });
  expect(trials).toEqual([]);
});

test("a trial that cannot be written ends the run with its error, also while it is interrupted", async () => {
  const full = new HumError("overloaded", "x.db.yaml cannot be written: ENOSPC");
  const sut = scriptedSut();
  const append = ({ warmup }: TrialRecord) => {
    if (!warmup) throw full;
  };
  await expect(run({}, [sut], { append })).rejects.toBe(full);
  expect(sut.running()).toBe(0);
  const abort = new AbortController();
  const interrupted = run({}, [scriptedSut()], {
    signal: abort.signal,
    append() {
      abort.abort();
      throw full;
    },
  });
  await expect(interrupted).rejects.toBe(full);
});

test("audio that cannot be read is no fault of the SUT, and ends the run", async () => {
  const sut = scriptedSut({
    prepares() {
      throw new Error("ENOENT: no such file, open 'clip-0.wav'");
    },
  });
  await expect(run({}, [sut])).rejects.toThrow("ENOENT");
  expect(sut.running()).toBe(0);
});

test("a trial of a whole workload has a request each, and the same arrivals in every run config of a block", async () => {
  const sut = scriptedSut({ answers: () => heard("yes") });
  const scenario = { kind: "server", rate: 500, requests: 6 } as const;
  const { counted } = await run({ matrix: { beam_size: [1, 5] }, scenario, protocol: { min_trials: 2 } }, [sut], {
    items: clips,
  });
  const [first, second, third, fourth] = counted.map(({ requests }) =>
    requests.map(({ item, intended_s }) => `${item} ${intended_s}`),
  );
  expect(first).toHaveLength(6);
  expect(second).toEqual(first);
  expect(fourth).toEqual(third);
  expect(third).not.toEqual(first);
  expect(counted[0]).toMatchObject({
    block: "0/all",
    workload: { item: null, requests: 2, audio_s: 2 },
    timing: { latency_s: null },
    output: null,
    metrics: { failed_requests: 0, wer: 0, words: 6 },
  });
});
