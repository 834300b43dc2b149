import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { checkoutRoot } from "../../src/core/checkout.ts";
import { startInProcess } from "../bench/in-process.ts";
import { makeDirectory, runCli, samplePath } from "./cli-rig.ts";

const script = (name: string) => join(checkoutRoot, "control", "test", "bench", name);
/** As a machine without a GPU, whatever this one has. */
const runEngine = (...args: string[]) =>
  runCli([script("engine.ts"), ...args], { command: process.execPath, env: { CUDA_VISIBLE_DEVICES: "" } });

test.each(["x", "0", "1.5", ""])("the benchmark refuses %j blocks before it starts anything", async (blocks) => {
  const result = await runCli([script("overhead.ts"), `--blocks=${blocks}`], { command: process.execPath });
  expect(result).toEqual({ code: 2, out: [], err: [`--blocks is "${blocks}"; it must be a whole number from 1`] });
});

const scenarios = "lone, lone-auto, busy, busy-auto, busy-greedy, sixteen, upload, file, beside";

test.each([
  [["--blocks=0"], '--blocks is "0"; it must be a whole number from 1'],
  [["--long-blocks=-1"], '--long-blocks is "-1"; it must be a whole number from 0'],
  [["--long-blocks="], '--long-blocks is ""; it must be a whole number from 0'],
  [["--device=tpu"], '--device is "tpu"; it must be auto, cpu or cuda'],
  [["--device", "cuda"], '--device is "cuda", but CTranslate2 finds no CUDA device here; it must be cpu or auto'],
  [["--only", "lone,bussy"], `--only has "bussy", which is no scenario; did you mean busy? (there are ${scenarios})`],
  [["--only="], `--only has "", which is no scenario (there are ${scenarios})`],
  [["--only=sixteen"], "--only sixteen measures what batches gain on a GPU, and everything runs on the processor here"],
  [["--onyl=lone"], "unknown option --onyl; did you mean --only?"],
  [["--json"], "--json needs a value: --json FILE"],
  [["lone"], 'unexpected argument "lone"'],
])("the engine benchmark asked with %j says what is wrong, and starts nothing", async (args, message) => {
  expect(await runEngine(...args)).toEqual({ code: 2, out: [], err: [message] });
});

test("the engine benchmark names the compute types that this processor knows", async () => {
  const { code, out, err } = await runEngine("--compute-type=int4");
  expect({ code, out }).toEqual({ code: 2, out: [] });
  expect(err).toEqual([
    expect.stringMatching(/^--compute-type is "int4"; it must be auto, or for cpu: .*float32.*int8/),
  ]);
});

test("the engine benchmark's help names every scenario, in 120 columns", async () => {
  const { code, out, err } = await runEngine("--help");
  expect({ code, err }).toEqual({ code: 0, err: [] });
  for (const name of scenarios.split(", ")) expect(out.some((line) => line.startsWith(`  ${name} `))).toBe(true);
  expect(Math.max(...out.map((line) => line.length))).toBeLessThanOrEqual(120);
});

test("an in-process side that dies is told with its reason, and can still be stopped", async () => {
  const side = startInProcess({ modelDir: makeDirectory(), wav: samplePath, workers: 1 });
  onTestFinished(side.stop);
  await expect(side.time()).rejects.toThrow(/^the in-process side ended: .*model\.bin/);
  await expect(side.time()).rejects.toThrow(/^the in-process side ended: /);
  await side.stop();
});
