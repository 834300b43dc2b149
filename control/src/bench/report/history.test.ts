import { expect, test } from "vitest";
import { sampleRun } from "../../../test/bench-run.ts";
import { historyOf } from "./history.ts";
import { summarizeRun } from "./summary.ts";

const matrix = { model: ["base"], compute_type: ["int8"], beam_size: [5] };
const runs = Array.from({ length: 16 }, (_, index) =>
  summarizeRun(
    sampleRun({
      seed: index + 1,
      matrix,
      items: 4,
      iterations: 3,
      slower: index < 9 ? 1 : 1.15,
      started: `2026-10-${10 + index}T08:00:00.000Z`,
    }),
  ),
);
const [newest] = runs.slice(-1);
if (newest === undefined) throw new Error("there are runs");

test("a step in speed is found where it was, and none in what stayed the same", () => {
  const histories = historyOf(runs.toReversed(), newest);
  const speeds = histories.filter(({ metric }) => metric === "rtfx");
  expect(speeds.map(({ steps }) => steps.map(({ at }) => at))).toEqual([[9], [9], [9]]);
  expect(speeds[0]?.points.map(({ started }) => started)).toEqual(runs.map(({ started }) => started));
  const errors = histories.filter(({ metric }) => metric === "wer");
  expect(errors.flatMap(({ steps }) => steps)).toEqual([]);
});

test("runs on another machine or of other items are no part of it, and one run is no history", () => {
  const others = runs.slice(0, 15).map((run, index) => ({
    ...run,
    ...(index % 2 === 0 ? { environment_key: "another" } : { conditions_key: "other items" }),
  }));
  expect(historyOf([...others, newest], newest)).toEqual([]);
});
