import { join } from "node:path";
import { expect, test } from "vitest";
import {
  counted,
  idsOf,
  placeBench,
  resultsIn,
  startBench,
  startForeign,
  treeOf,
  untilTrials,
} from "./bench-run-rig.ts";
import { runCli } from "./cli-rig.ts";

test("a server that dies in the middle of a trial is started anew for the next one, and the run has its verdict", async () => {
  const place = placeBench({ decoding: { model: "fake:slow=0.2" }, protocol: { min_trials: 4 } });
  const run = startBench(place);
  await untilTrials(place, run, 1);
  const [, server = 0] = treeOf(run.child.pid);
  process.kill(server, "SIGKILL");
  const { code, err } = await run.result;
  // One of four trials failed, which is more than a run may have.
  expect(code).toBe(4);
  expect(err.join("\n")).toMatch(/sut_lost: the server ended \(SIGKILL\)/);
  const { trials, end } = await resultsIn(place);
  expect(end).toMatchObject({ status: "complete", error: null });
  expect(counted(trials)).toHaveLength(4);
  expect(counted(trials).filter(({ status }) => status !== "ok")).toMatchObject([{ error: { code: "sut_lost" } }]);
  // Each of the two servers was warmed up.
  expect(trials.filter(({ timing }) => timing.load_s !== null).map(({ warmup }) => warmup)).toEqual([true, true]);
});

test("a SUT that does not start leaves the others their trials", async () => {
  const place = placeBench({
    suts: [{ kind: "hum-helix", settings: { restart: { max_failures: 1 } } }],
    matrix: { model: ["fake:load-fail", "fake:echo"] },
    protocol: { min_trials: 2 },
  });
  const first = await startBench(place).result;
  expect(first.code).toBe(5);
  const before = await resultsIn(place);
  expect(before.end).toMatchObject({
    status: "failed",
    error: { code: "loading", message: expect.stringMatching(/^hum-helix fake:load-fail: /) },
  });
  expect(counted(before.trials).map(({ run_config }) => run_config.model)).toEqual(["fake:echo", "fake:echo"]);
});

/** Any number of trials of a foreign server, at once. */
async function foreign({ trials, text = "yes", ms = 0 }: { trials: number; text?: string; ms?: number }) {
  const url = await startForeign({ text, ms });
  return placeBench({
    suts: [{ kind: "openai-http", name: "peer", url, supports: ["model", "beam_size"] }],
    matrix: { beam_size: [1, 5] },
    protocol: { min_trials: trials },
    capture: [],
  });
}

test("two harnesses do not write one run: the second says so, or begins another", async () => {
  const place = await foreign({ trials: 2_000, ms: 50 });
  const first = startBench(place);
  await untilTrials(place, first, 1);
  const second = await startBench(place).result;
  expect(second.code).toBe(4);
  expect(second.err.join("\n")).toMatch(
    /is being written by another harness; wait for its end, or use another directory$/,
  );
  const fresh = startBench(place, "--fresh", "--trials", "1");
  expect((await fresh.result).code).toBe(0);
  first.child.kill("SIGINT");
  expect((await first.result).code).toBe(130);
});

test("a disk that takes no more ends the run with its reason, and what was whole is readable and taken up", async () => {
  const place = await foreign({ trials: 10, text: "é ".repeat(4_000) });
  const args = ["-c", 'ulimit -f 100; exec "$@"', "bash", join(import.meta.dirname, "../../bin/hum-helix")];
  const { code, err } = await runCli([...args, "bench", "run", place.definition, "--out", place.out], {
    command: "bash",
    env: place.env,
  });
  expect(code).toBe(4);
  expect(err.join("\n")).toMatch(/hum-helix bench run: .*\.db\.yaml cannot be written: EFBIG/);
  const before = await resultsIn(place);
  expect(before.incomplete).toBe(false);
  expect(before.end?.status ?? "failed").toBe("failed");
  const done = counted(before.trials).length;
  expect(done).toBeGreaterThan(0);
  expect(done).toBeLessThan(20);
  expect((await startBench(place).result).code).toBe(0);
  const after = await resultsIn(place);
  expect(new Set(idsOf(after.trials)).size).toBe(20);
  expect(idsOf(after.trials).slice(0, done)).toEqual(idsOf(before.trials));
});

test("a baseline that is not there is told before anything is run", async () => {
  const place = placeBench({ baseline: { run: "gone.db.yaml" } });
  const { code, err } = await startBench(place).result;
  expect({ code, err: err.join("\n") }).toEqual({
    code: 2,
    err: expect.stringMatching(/gone\.db\.yaml.*no such file/),
  });
  await expect(resultsIn(place)).rejects.toThrow("there are 0 result files");
});
