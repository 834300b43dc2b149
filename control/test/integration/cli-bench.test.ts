import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { checkoutRoot } from "../../src/core/checkout.ts";
import { startInProcess } from "../bench/in-process.ts";
import { makeDirectory, runCli, samplePath } from "./cli-rig.ts";

test.each(["x", "0", "1.5", ""])("the benchmark refuses %j blocks before it starts anything", async (blocks) => {
  const script = join(checkoutRoot, "control", "test", "bench", "overhead.ts");
  const result = await runCli([script, `--blocks=${blocks}`], { command: process.execPath });
  expect(result).toEqual({ code: 2, out: [], err: [`--blocks is "${blocks}"; it must be a whole number from 1`] });
});

test("an in-process side that dies is told with its reason, and can still be stopped", async () => {
  const side = startInProcess({ modelDir: makeDirectory(), wav: samplePath, workers: 1 });
  onTestFinished(side.stop);
  await expect(side.time()).rejects.toThrow(/^the in-process side ended: .*model\.bin/);
  await expect(side.time()).rejects.toThrow(/^the in-process side ended: /);
  await side.stop();
});
