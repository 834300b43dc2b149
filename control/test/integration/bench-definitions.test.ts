import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadDefinition } from "../../src/bench/definition/load.ts";
import { baselinesOf } from "../../src/bench/plan/baseline.ts";
import { expandConfigs } from "../../src/bench/plan/configs.ts";
import { metricNames } from "../../src/bench/report/metrics.ts";
import { resolveWorkloads } from "../../src/bench/workloads/resolve.ts";
import { checkoutRoot } from "../../src/core/checkout.ts";
import { loadConfig } from "../../src/core/load-config.ts";
import { readModelSpecs } from "../../src/core/model-spec.ts";
import { makeDirectory } from "./cli-rig.ts";

const folder = join(checkoutRoot, "configs", "bench");
const shipped = readdirSync(folder).filter((file) => file.endsWith(".yaml"));
const env = { PEER_URL: "http://127.0.0.1:9/v1", PEER_MODEL: "theirs" };
const load = (file: string) => loadDefinition(join(folder, file), { env, metrics: metricNames });
const { python, catalogue } = loadConfig({ env: {} });

test("every definition that the issue names is there", () => {
  const named = ["smoke", "whisper-matrix", "peers", "server-load", "max-rate", "hallucination", "engines"];
  expect(shipped).toEqual(expect.arrayContaining(named.map((name) => `${name}.yaml`)));
});

test.each(shipped)("%s loads, is named like its file, and compares what it says with what is there", (file) => {
  const { definition } = load(file);
  expect(`${definition.name}.yaml`).toBe(file);
  const configs = expandConfigs(definition);
  expect(configs.length).toBeGreaterThan(0);
  if (definition.baseline !== undefined) expect(baselinesOf(definition, configs).length).toBeGreaterThan(0);
  const names = readModelSpecs(catalogue).map(({ name }) => name);
  for (const { run_config } of configs) expect(names).toContain(run_config.model);
});

test.each(shipped)("%s begins with what it answers, how long it takes and the command that runs it", (file) => {
  const comment = readFileSync(join(folder, file), "utf8").split("\nschema:")[0] ?? "";
  expect(comment).toMatch(/^# .*\?/s);
  expect(comment).toContain(`npx hum-helix bench run configs/bench/${file}`);
  expect(comment).toMatch(/minute/);
});

test.each(shipped)("%s finds its audio in the checkout alone", async (file) => {
  const { definition, directory } = load(file);
  const { seed } = definition.protocol;
  const cacheDir = join(makeDirectory(), "cache");
  const signal = new AbortController().signal;
  const items = await resolveWorkloads(definition, { directory, cacheDir, python, seed, signal });
  expect(items.find(({ name }) => name === "jfk")).toMatchObject({ duration_s: 11, language: "en" });
});
