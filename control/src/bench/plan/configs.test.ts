import { expect, test } from "vitest";
import { makeDefinition } from "../../../test/bench-definition.ts";
import { expandConfigs } from "./configs.ts";
import { keyOf, seedOf } from "./keys.ts";

const labels = (...args: Parameters<typeof makeDefinition>) =>
  expandConfigs(makeDefinition(...args)).map(({ label }) => label);
const keys = (...args: Parameters<typeof makeDefinition>) =>
  expandConfigs(makeDefinition(...args)).map(({ config_key }) => config_key);

test("each combination of the matrix is a run config of each SUT, and its label names what differs", () => {
  const suts = [{ kind: "hum-helix" }, { kind: "faster-whisper" }] as const;
  expect(
    labels({ suts: [...suts], matrix: { model: ["tiny.en", "base"], beam_size: [1, 5], vad_filter: [true] } }),
  ).toEqual([
    "hum-helix tiny.en beam_size=1",
    "hum-helix tiny.en beam_size=5",
    "hum-helix base beam_size=1",
    "hum-helix base beam_size=5",
    "faster-whisper tiny.en beam_size=1",
    "faster-whisper tiny.en beam_size=5",
    "faster-whisper base beam_size=1",
    "faster-whisper base beam_size=5",
  ]);
  expect(labels({ matrix: { temperatures: [[0], [0, 0.2]] } })).toEqual([
    "hum-helix temperatures=[0]",
    "hum-helix temperatures=[0,0.2]",
  ]);
});

test("without a matrix there is one run config of each SUT, as it is by default", () => {
  const [config, ...others] = expandConfigs(makeDefinition());
  expect(config).toMatchObject({ label: "hum-helix", run_config: {}, workloads: null, twin_of: null });
  expect(others).toEqual([]);
});

test("what has all values of an excluded pattern is left out", () => {
  const matrix = { model: ["tiny.en", "base"], beam_size: [1, 5], temperatures: [[0], [0, 0.2]] };
  const exclude = [{ model: "base", beam_size: 5 }, { temperatures: [0, 0.2] }];
  expect(labels({ matrix, exclude })).toEqual([
    "hum-helix tiny.en beam_size=1",
    "hum-helix tiny.en beam_size=5",
    "hum-helix base beam_size=1",
  ]);
});

test("included run configs stand beside the matrix or alone, on the workloads that they name", () => {
  const include = [{ config: { beam_size: 9 }, workloads: ["test"] }];
  const beside = expandConfigs(makeDefinition({ matrix: { beam_size: [1] }, include }));
  expect(beside.map(({ run_config, workloads }) => [run_config, workloads])).toEqual([
    [{ beam_size: 1 }, null],
    [{ beam_size: 9 }, ["test"]],
  ]);
  expect(expandConfigs(makeDefinition({ include }))).toHaveLength(1);
});

test("equal run configs are one, which runs wherever any of them would", () => {
  const workloadsOf = (...workloads: (string[] | undefined)[]) =>
    expandConfigs(
      makeDefinition({
        include: workloads.map((names) => ({
          config: { beam_size: 1 },
          ...(names === undefined ? {} : { workloads: names }),
        })),
      }),
    ).map((config) => config.workloads);
  expect(workloadsOf(["a", "b"], ["b", "c"])).toEqual([["a", "b", "c"]]);
  expect(workloadsOf(["a"], undefined)).toEqual([null]);
  expect(workloadsOf(undefined, ["a"])).toEqual([null]);
  expect(expandConfigs(makeDefinition({ matrix: { beam_size: [1, 1] } }))).toHaveLength(1);
});

test("decoding is part of every run config, below what the matrix says", () => {
  const decoding = { language: "en", beam_size: 3 };
  const configs = expandConfigs(makeDefinition({ decoding, matrix: { beam_size: [5], model: ["base"] } }));
  expect(configs.map(({ run_config }) => run_config)).toEqual([{ language: "en", beam_size: 5, model: "base" }]);
  expect(keys({ decoding: { beam_size: 5 } })).toEqual(keys({ matrix: { beam_size: [5] } }));
});

test("a config_key depends neither on the order of fields nor on where a server runs", () => {
  expect(keys({ matrix: { model: ["base"], beam_size: [1, 5] } })).toEqual(
    keys({ matrix: { beam_size: [1, 5], model: ["base"] } }),
  );
  const settings = { engine: { slots: 4, use_tuning: false } };
  const turned = { engine: { use_tuning: false, slots: 4 } };
  expect(keys({ suts: [{ kind: "hum-helix", settings }] })).toEqual(
    keys({ suts: [{ kind: "hum-helix", settings: turned }] }),
  );
  const at = (url: string) => [
    { kind: "openai-http" as const, name: "peer", url, api_key_env: url.includes("host") ? "KEY" : "OTHER_KEY" },
    { kind: "hum-helix" as const, url },
  ];
  expect(keys({ suts: at("http://127.0.0.1:9000") })).toEqual(keys({ suts: at("http://host.example:1/v1") }));
});

test("a config_key is another one for another SUT, setting or parameter", () => {
  const all = [
    ...keys({
      suts: [{ kind: "hum-helix" }, { kind: "hum-helix", name: "tuned", settings: { engine: { slots: 4 } } }],
    }),
    ...keys({ suts: [{ kind: "faster-whisper" }, { kind: "faster-whisper", name: "batched", batched: true }] }),
    ...keys({ suts: [{ kind: "hum-helix", settings: { engine: { slots: 5 } } }] }),
    ...keys({ suts: [{ kind: "faster-whisper", batched: true }] }),
    ...keys({ matrix: { temperatures: [[0], [0, 0.2], [0.2, 0]] } }),
  ];
  expect(new Set(all).size).toBe(all.length);
});

test("keys are of what is said, however it is written, and a seed is a whole number from it", () => {
  expect(keyOf({ a: 1, b: [{ c: 2, d: undefined }] })).toBe(keyOf({ b: [{ c: 2 }], a: 1 }));
  expect(keyOf({ a: [1, 2] })).not.toBe(keyOf({ a: [2, 1] }));
  expect(keyOf(null)).toMatch(/^[0-9a-f]{16}$/);
  expect(seedOf([1, "0/a"])).not.toBe(seedOf([1, "1/a"]));
  expect(Number.isSafeInteger(seedOf([1, "0/a"]))).toBe(true);
});
