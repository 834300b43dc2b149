import { expect, test } from "vitest";
import { type Matched, matchAcross, matchWithin } from "./reference.ts";
import type { Side, SideConfig } from "./side.ts";

const sideOf = (...configs: readonly (Partial<SideConfig> & { config_key: string })[]): Side => ({
  run_id: "run",
  label: "run",
  environment_key: "here",
  conditions: "",
  normalizers: [],
  interleaved: true,
  configs: configs.map((config) => ({
    label: config.config_key,
    unsupported: [],
    baseline: null,
    twin_of: null,
    sut: "sut",
    least_trials: 0,
    ...config,
  })),
  audio: new Map(),
  samples: [],
  doubts: [],
  faults: [],
  failure: null,
});

const labels = (matched: readonly Matched[]) =>
  matched.map(({ candidate, reference }) => [candidate.label, reference?.label]);

test("within a run, each run config is compared with the one that its plan says, and a twin with none", () => {
  const side = sideOf(
    { config_key: "plain 1" },
    { config_key: "plain 5" },
    { config_key: "ours 1", baseline: "plain 1" },
    { config_key: "ours 5", baseline: "plain 5" },
    { config_key: "ours 9", baseline: "plain 9" },
    { config_key: "plain 1 again", twin_of: "plain 1", baseline: "plain 1" },
  );
  expect(labels(matchWithin(side))).toEqual([
    ["ours 1", "plain 1"],
    ["ours 5", "plain 5"],
    ["ours 9", undefined],
  ]);
});

test("where the plan says none, all others are compared with the first", () => {
  expect(labels(matchWithin(sideOf({ config_key: "a" }, { config_key: "b" }, { config_key: "c" })))).toEqual([
    ["b", "a"],
    ["c", "a"],
  ]);
  expect(matchWithin(sideOf({ config_key: "a" }))).toEqual([]);
});

test("of two runs, equal run configs are compared, and two lone ones in any case", () => {
  const earlier = sideOf({ config_key: "b" }, { config_key: "b again", twin_of: "b" });
  expect(labels(matchAcross(sideOf({ config_key: "a" }, { config_key: "b" }), earlier))).toEqual([
    ["a", undefined],
    ["b", "b"],
  ]);
  expect(labels(matchAcross(sideOf({ config_key: "a" }), earlier))).toEqual([["a", "b"]]);
});
