import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { z } from "zod";
import { readTuning } from "../../src/core/tuning.ts";
import { makeDirectory, runCli } from "../integration/cli-rig.ts";

const layout = z.object({ workers: z.int(), threads_per_worker: z.int(), encode_threads: z.int() });
const told = z.object({
  file: z.string(),
  choice: layout,
  measured: z.array(z.object({ layout, lone_s: z.number(), busy_s: z.number() })),
});

test("doctor --tune measures several layouts on real weights, and serve finds the best of them", {
  timeout: 300_000,
}, async () => {
  const dataDir = makeDirectory();
  const env = { HUM_DATA_DIR: dataDir, HUM_MODEL: "tiny.en" };
  const { code, out } = await runCli(["doctor", "--tune", "--rounds", "1", "--json"], { env });
  expect(code).toBe(0);
  const tuning = told.parse(JSON.parse(out[0] ?? ""));
  expect(tuning.measured.length).toBeGreaterThanOrEqual(4);
  expect(tuning.measured.map((one) => one.layout)).toContainEqual(tuning.choice);
  // Eight at once take longer than one, or nothing was measured.
  for (const { lone_s, busy_s } of tuning.measured) expect(busy_s).toBeGreaterThan(lone_s);
  expect(JSON.parse(readFileSync(tuning.file, "utf8"))).toMatchObject({ model: "tiny.en" });
  expect(readTuning(dataDir)?.choice).toMatchObject(tuning.choice);
});
