import { appendFileSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test, vi } from "vitest";
import { counted, idsOf, living, placeBench, resultsIn, startBench, treeOf, untilTrials } from "./bench-run-rig.ts";

/** Two run configs of one server, eight trials of a fifth of a second each. */
const slow = {
  matrix: { beam_size: [1, 5] },
  decoding: { model: "fake:slow=0.2" },
  protocol: { min_trials: 4 },
  baseline: { config: { beam_size: 1 } },
};

test("Ctrl-C leaves a valid file and no process, and the same command goes on in it", async () => {
  const place = placeBench(slow);
  const first = startBench(place);
  await untilTrials(place, first, 2);
  const tree = treeOf(first.child.pid);
  // The harness, the server, its bus, its decoder and its engine.
  expect(tree.length).toBeGreaterThanOrEqual(5);
  first.child.kill("SIGINT");
  const { code, err } = await first.result;
  const before = await resultsIn(place);
  expect(code).toBe(130);
  expect(err.at(-1)).toBe(`interrupted; the same command goes on in ${join("results", basename(before.file))}`);
  expect(living(tree)).toEqual([]);
  expect(before).toMatchObject({ incomplete: false, end: { status: "interrupted", session: 0, error: null } });
  expect(before.end?.trials).toBe(before.trials.length);
  expect(counted(before.trials).every(({ status }) => status === "ok")).toBe(true);
  const done = counted(before.trials).length;
  expect(done).toBeLessThan(8);

  const text = readFileSync(before.file, "utf8");
  const second = await startBench(place).result;
  expect({ code: second.code, first: second.err[0] }).toEqual({
    code: 0,
    first: `example: 8 trials, ${done} of them done before, into ${join("results", basename(before.file))}`,
  });
  const after = await resultsIn(place);
  expect(readFileSync(after.file, "utf8").startsWith(text)).toBe(true);
  expect(after).toMatchObject({ notes: [], sessions: [{ session: 0 }, { session: 1 }], end: { status: "complete" } });
  expect(new Set(idsOf(after.trials)).size).toBe(8);
  expect(idsOf(after.trials).slice(0, done)).toEqual(idsOf(before.trials));
  expect(counted(after.trials).map(({ session }) => session)).toEqual([
    ...Array(done).fill(0),
    ...Array(8 - done).fill(1),
  ]);
  expect(after.end?.trials).toBe(after.trials.length);
});

test("a harness that is killed takes its servers with it, and the run goes on from what is whole", async () => {
  const place = placeBench(slow);
  const first = startBench(place);
  await untilTrials(place, first, 2);
  const tree = treeOf(first.child.pid);
  first.child.kill("SIGKILL");
  await first.result;
  await vi.waitFor(() => expect(living(tree)).toEqual([]), { timeout: 15_000 });
  const before = await resultsIn(place);
  expect(before.end).toBeNull();
  // As a harness leaves it that dies in the middle of a write.
  appendFileSync(before.file, '---\nkind: "trial"\nrun_id: "');
  const second = await startBench(place).result;
  expect(second.code).toBe(0);
  const after = await resultsIn(place);
  expect(after).toMatchObject({ incomplete: false, notes: [], end: { status: "complete", session: 1 } });
  expect(new Set(idsOf(after.trials)).size).toBe(8);
  expect(idsOf(after.trials).slice(0, counted(before.trials).length)).toEqual(idsOf(before.trials));
});
