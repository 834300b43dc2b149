import { expect, test } from "vitest";
import { makeDefinition } from "../../../test/bench-definition.ts";
import { itemAt } from "../../../test/bench-items.ts";
import { makePlan } from "./plan.ts";

type Over = Parameters<typeof makeDefinition>[0];

const items = ["a", "b"].map((name) => itemAt(`${name}.wav`, { name, key: `test/${name}`, sha256: name.repeat(64) }));
const planOf = (over: Over = {}, given = items) =>
  makePlan(makeDefinition(over), { items: given, runnable: () => true });
/** By what they are of: the same trial in two plans. */
function idsOf(over: Over = {}, given = items): Map<string, string> {
  const trials = planOf(over, given).trials({ from: 0, to: 2 });
  return new Map(trials.map(({ trial_id, planned, block }) => [`${planned.label} ${block}`, trial_id]));
}

const two = { matrix: { beam_size: [1, 5] } };

test("a trial is one item, or the whole workload where requests come together", () => {
  const single = planOf(two);
  expect(single.scope).toBe("item");
  expect(single.trials({ from: 0, to: 1 }).map(({ item, items: those }) => [item, those.length])).toEqual([
    ["test/a", 1],
    ["test/a", 1],
    ["test/b", 1],
    ["test/b", 1],
  ]);
  const load = planOf({ ...two, scenario: { kind: "offline" } });
  expect(load.scope).toBe("workload");
  const trials = load.trials({ from: 0, to: 1 });
  expect(trials.map(({ item, items: those, block }) => [item, those.length, block])).toEqual([
    [null, 2, "0/all"],
    [null, 2, "0/all"],
  ]);
});

test("every trial has an id of its own, and the same one in another plan of the same", () => {
  const ids = [...idsOf(two).values()];
  expect(new Set(ids).size).toBe(8);
  expect([...idsOf(two).values()]).toEqual(ids);
});

test.each([
  ["another run config", { matrix: { beam_size: [1, 5, 9] } }],
  ["another gate and baseline", { baseline: { config: { beam_size: 1 } }, gates: [{ metric: "rtfx", at_least: 1 }] }],
  ["another description", { description: "what it is for" }],
  ["more trials", { protocol: { min_trials: 30, max_trials: 50 } }],
  ["other time-outs", { protocol: { trial_timeout_s: 5, start_timeout_s: 7, max_resident: 9 } }],
  ["another normalizer", { scoring: { normalizer: "raw@1" as const } }],
] satisfies [string, Over][])("%s leaves the ids of the trials as they are", (_, over) => {
  const before = idsOf(two);
  const after = idsOf({ ...two, ...over });
  for (const [name, id] of before) expect(after.get(name), name).toBe(id);
});

test("another text or path of the same sound leaves the ids as they are, and another item beside it", () => {
  const before = idsOf(two);
  const moved = items.map((item) => ({ ...item, path: `/elsewhere/${item.name}`, text: "what is said" }));
  expect(
    idsOf(two, [...moved, itemAt("c.wav", { name: "c", key: "test/c" })]).get("hum-helix beam_size=1 1/test/b"),
  ).toBe(before.get("hum-helix beam_size=1 1/test/b"));
});

test.each([
  ["scenario", { scenario: { kind: "streaming" } }],
  ["isolation", { protocol: { isolation: "fresh-process" } }],
  ["seed", { protocol: { seed: 2 } }],
  ["order", { protocol: { order: "sequential" } }],
  ["warm-up", { protocol: { warmup: 2 } }],
  ["capture", { capture: [] }],
  ["name", { name: "another" }],
] satisfies [string, Over][])("another %s makes every trial another one, and the plan too", (_, over) => {
  const before = new Set(idsOf(two).values());
  expect([...idsOf({ ...two, ...over }).values()].filter((id) => before.has(id))).toEqual([]);
  expect(planOf({ ...two, ...over }).plan_hash).not.toBe(planOf(two).plan_hash);
});

test("other audio makes the trials of that item others", () => {
  const before = idsOf(two);
  const [first, second] = items as [(typeof items)[0], (typeof items)[0]];
  const after = idsOf(two, [first, { ...second, sha256: "c".repeat(64) }]);
  expect(after.get("hum-helix beam_size=1 0/test/a")).toBe(before.get("hum-helix beam_size=1 0/test/a"));
  expect(after.get("hum-helix beam_size=1 0/test/b")).not.toBe(before.get("hum-helix beam_size=1 0/test/b"));
});

test("the plan is another one with another run config or item, and not with more trials", () => {
  const hash = planOf(two).plan_hash;
  expect(planOf({ matrix: { beam_size: [1, 5, 9] } }).plan_hash).not.toBe(hash);
  expect(planOf(two, items.slice(1)).plan_hash).not.toBe(hash);
  expect(planOf({ ...two, protocol: { min_trials: 9, max_trials: 12 }, description: "x" }).plan_hash).toBe(hash);
});

test("run configs that cannot run have no trials, and a baseline's twin runs beside the others", () => {
  const definition = makeDefinition({
    ...two,
    baseline: { config: { beam_size: 1 } },
    gates: [{ metric: "speed", tolerance: 0.1 }],
  });
  const plan = makePlan(definition, { items, runnable: ({ run_config }) => run_config.beam_size !== 5 });
  expect(plan.configs.map(({ label }) => label)).toEqual([
    "hum-helix beam_size=1",
    "hum-helix beam_size=5",
    "hum-helix beam_size=1 (again)",
  ]);
  const labels = new Set(plan.trials({ from: 0, to: 1 }).map(({ planned }) => planned.label));
  expect([...labels]).toEqual(["hum-helix beam_size=1", "hum-helix beam_size=1 (again)"]);
  const nothing = makePlan(definition, { items, runnable: ({ run_config }) => run_config.beam_size === 5 });
  expect(nothing.configs.map(({ twin_of }) => twin_of)).toEqual([null, null]);
});

test("a run config on some workloads has trials of their items only, also where a trial is the whole workload", () => {
  const given = [...items, itemAt("n.wav", { name: "n", key: "noise/n", workload: "noise" })];
  const include = [{ config: { beam_size: 1 }, workloads: ["noise"] }, { config: { beam_size: 5 } }];
  const tried = (over: Over) =>
    planOf({ include, ...over }, given)
      .trials({ from: 0, to: 1 })
      .map(({ planned, items: those }) => `${planned.run_config.beam_size}: ${those.map(({ name }) => name).join()}`);
  expect(tried({})).toEqual(["5: a", "5: b", "1: n", "5: n"]);
  expect(tried({ scenario: { kind: "offline" } })).toEqual(["1: n", "5: a,b,n"]);
});

test("a plan of many items and run configs is made in no time", () => {
  const many = Array.from({ length: 1000 }, (_, index) => itemAt("x.wav", { name: `${index}`, key: `test/${index}` }));
  const plan = planOf({ matrix: { beam_size: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] } }, many);
  const beganMs = performance.now();
  expect(plan.trials({ from: 0, to: 1 })).toHaveLength(10_000);
  expect(performance.now() - beganMs).toBeLessThan(2_000);
});
