import { expect, test } from "vitest";
import { makeEnd, makeRun, makeTrial } from "../../../test/bench-records.ts";
import { definitionSchema, definitionVersion } from "../definition/schema.ts";
import { expandConfigs } from "../plan/configs.ts";
import type { RunRecord, TrialRecord } from "../results/record.ts";
import { aaRatios } from "./aa.ts";
import { sideOfRun } from "./side-of-run.ts";

const definition = definitionSchema.parse({
  schema: definitionVersion,
  name: "side",
  workloads: [{ kind: "manifest", name: "speech", manifest: "speech.yaml" }],
  suts: [
    { kind: "faster-whisper", name: "a" },
    { kind: "faster-whisper", name: "b" },
  ],
  protocol: { min_trials: 2 },
});
const configs = expandConfigs(definition);
const keys = configs.map(({ config_key }) => config_key);

const itemOf = (name: string, speaker: string | null): RunRecord["items"][number] => ({
  key: `speech/${name}`,
  workload: "speech",
  name,
  audio: `${name}.wav`,
  sha256: `sha256 of ${name}`,
  duration_s: 10,
  text: "what was said",
  expect: "speech",
  language: "en",
  speaker,
});

const run = makeRun({
  definition,
  configs: configs.map(({ config_key, label, sut, run_config }, place) => ({
    config_key,
    label,
    sut,
    run_config,
    unsupported: [],
    baseline: null,
    twin_of: place === 1 ? (keys[0] ?? null) : null,
  })),
  items: [itemOf("one", "Ann"), itemOf("two", null)],
});

function trialOf(more: Partial<TrialRecord> = {}): TrialRecord {
  const item = more.workload?.item ?? "speech/one";
  return makeTrial({
    config_key: keys[0] ?? "",
    workload: { item, requests: 1, audio_s: 10 },
    block: `0/${item}`,
    timing: { ...makeTrial().timing, latency_s: 2 },
    metrics: { errors: 1, words: 3, character_errors: 2, characters: 13 },
    ...more,
  });
}

const requestOf = (item: string, latency_s: number, status: "ok" | "error" = "ok") => ({
  item: `speech/${item}`,
  intended_s: 1,
  sent_s: 1.5,
  done_s: 1 + latency_s,
  first_segment_s: null,
  status,
  error: null,
  text: status === "ok" ? "what was" : null,
});

const read = (trials: readonly TrialRecord[]) => sideOfRun({ run, trials, ends: [] });

test("a trial is a sample with its latency, its scores and its speaker; a warm-up is none", () => {
  const side = read([
    trialOf({ warmup: true }),
    trialOf(),
    trialOf({ workload: { item: "speech/two", requests: 1, audio_s: 10 } }),
  ]);
  expect(side.samples).toHaveLength(2);
  expect(side.samples[0]).toEqual({
    config_key: keys[0],
    block: "0/speech/one",
    item: "speech/one",
    status: "ok",
    time_s: 2,
    words: [{ item: "speech/one", cluster: "Ann", errors: 1, words: 3 }],
    characters: [{ item: "speech/one", cluster: "Ann", errors: 2, words: 13 }],
    latencies_s: [2],
  });
  expect(side.samples[1]?.words).toEqual([{ item: "speech/two", errors: 1, words: 3 }]);
  expect(side.configs[0]).toMatchObject({ label: "a", least_trials: 4 });
});

test("texts are scored anew where a scorer is given, also those of each request", () => {
  const trial = trialOf({
    workload: { item: null, requests: 2, audio_s: 20 },
    scenario: "offline",
    output: null,
    requests: [requestOf("one", 1), requestOf("two", 2)],
  });
  const score = (item: { key: string }, text: string) => ({ errors: item.key.length, words: text.length });
  const side = sideOfRun({ run, trials: [trial], ends: [] }, { score });
  expect(side.normalizers).toEqual([]);
  expect(side.samples[0]?.words).toEqual([
    { item: "speech/one", cluster: "Ann", errors: 10, words: 8 },
    { item: "speech/two", errors: 10, words: 8 },
  ]);
});

test("of an open loop the latency counts from the intended arrival, of a search the rate that was kept", () => {
  const workload = { item: null, requests: 3, audio_s: 30 };
  const requests = [requestOf("one", 3), requestOf("two", 1), requestOf("one", 2)];
  const server = read([trialOf({ workload, scenario: "server", requests })]);
  expect(server.samples[0]).toMatchObject({ item: "all", time_s: 2, latencies_s: [3, 1, 2] });
  const search = { sustainable_rate: 4, probes: [] };
  expect(read([trialOf({ workload, scenario: "max-rate", requests, search })]).samples[0]?.time_s).toBe(0.25);
});

test("a load trial counts while no more than 5 % of its requests failed, and those are late for ever", () => {
  const failing = (failed: number) =>
    trialOf({
      workload: { item: null, requests: 40, audio_s: 400 },
      status: "error",
      requests: Array.from({ length: 40 }, (_, place) => requestOf("one", 1, place < failed ? "error" : "ok")),
    });
  const [few] = read([failing(2)]).samples;
  expect(few?.status).toBe("ok");
  expect(few?.latencies_s.filter((latency) => latency === Number.POSITIVE_INFINITY)).toHaveLength(2);
  expect(read([failing(3)]).samples[0]?.status).toBe("error");
});

test("documents that do not belong together are faults", () => {
  const faults = read([
    trialOf({ run_id: "run-2" }),
    trialOf({ config_key: "stranger" }),
    trialOf({ workload: { item: "speech/none", requests: 1, audio_s: 1 } }),
    trialOf({ scenario: "offline" }),
  ]).faults;
  expect(faults).toEqual([
    "it has trials of another run, run-2",
    "it has trials of a run config that its head does not name, stranger",
    "it has trials of an item that its head does not name, speech/none",
    "it has trials of the scenario offline, and its definition says single-stream",
  ]);
});

test("a run that failed says why, and one that was taken up again and completed does not", () => {
  const error = { code: "loading", message: "it did not start" };
  const failed = makeEnd({ status: "failed", error });
  expect(sideOfRun({ run, trials: [], ends: [failed] }).failure).toEqual(error);
  expect(sideOfRun({ run, trials: [], ends: [makeEnd({ session: 1 }), failed] }).failure).toBeNull();
  expect(read([]).failure).toBeNull();
});

test("the ratios of an A/A test are those of the blocks that both have answered", () => {
  const blocks = [2, 4, 8].flatMap((latency_s, place) => {
    const block = `${place}/speech/one`;
    const timing = { ...trialOf().timing, latency_s };
    return [
      trialOf({ block }),
      trialOf({ block, config_key: keys[1] ?? "", timing, status: place === 2 ? "timeout" : "ok" }),
    ];
  });
  expect(aaRatios(read(blocks))).toEqual([0, Math.log(2)]);
});

test("what ran before and after a run was taken up is no pair of a block", () => {
  const [own = "", twin = ""] = keys;
  const pair = (block: string, sessions: [number, number]) => [
    trialOf({ config_key: own, block, session: sessions[0] }),
    trialOf({ config_key: twin, block, session: sessions[1] }),
  ];
  const trials = [...pair("0/x", [0, 0]), ...pair("1/x", [0, 1]), ...pair("2/x", [1, 1])];
  const side = sideOfRun({ run, trials, ends: [] });
  expect(side.samples).toHaveLength(6);
  expect(aaRatios(side)).toHaveLength(2);
});
