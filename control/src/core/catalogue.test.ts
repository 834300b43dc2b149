import { mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createCatalogue } from "./catalogue.ts";
import type { Config } from "./config.ts";
import { markerName, markerOf, modelDirectory } from "./installed.ts";
import { loadConfig } from "./load-config.ts";
import { readModelSpecs } from "./model-spec.ts";

/** The real catalogue over a model directory where `installed` look as the installer leaves them. */
function setup(options: { installed?: string[]; config?: Partial<Config> } = {}) {
  const modelDir = mkdtempSync(join(tmpdir(), "hum-models-"));
  onTestFinished(() => rmSync(modelDir, { recursive: true }));
  const config = { ...loadConfig({ env: { HUM_MODEL_DIR: modelDir } }), ...options.config };
  for (const spec of readModelSpecs(config.catalogue)) {
    if (options.installed?.includes(spec.name) !== true) continue;
    const directory = modelDirectory(modelDir, spec.name);
    mkdirSync(directory);
    for (const [name, file] of Object.entries(spec.files)) {
      writeFileSync(join(directory, name), "");
      // Sparse: only the size is looked at.
      truncateSync(join(directory, name), file.bytes);
    }
    writeFileSync(join(directory, markerName), JSON.stringify(markerOf(spec)));
  }
  return { modelDir, catalogue: createCatalogue(config) };
}

test("names, aliases, whisper-1 and no name at all lead to their model", () => {
  const { catalogue, modelDir } = setup({ installed: ["base", "tiny.en"] });
  expect(catalogue.resolve("base").path).toBe(join(modelDir, "base"));
  expect(catalogue.resolve("Systran/faster-whisper-tiny.en").name).toBe("tiny.en");
  expect(catalogue.resolve("whisper-1").name).toBe("base");
  expect(catalogue.resolve(undefined)).toBe(catalogue.defaultModel);
  expect(catalogue.resolve("tiny.en")).toMatchObject({ languages: ["en"], translates: false });
});

test("whisper-1 follows the configured default", () => {
  const { catalogue } = setup({ installed: ["base", "tiny.en"], config: { model: "whisper-tiny.en" } });
  expect(catalogue.resolve("whisper-1").name).toBe("tiny.en");
  expect(catalogue.defaultModel.aliases).toContain("whisper-1");
  expect(catalogue.resolve("base").aliases).not.toContain("whisper-1");
});

test("an unknown model is refused with what exists and what may be meant", () => {
  const { catalogue } = setup({ installed: ["base"] });
  expect(() => catalogue.resolve("bsae")).toThrow(
    expect.objectContaining({
      code: "model_unknown",
      param: "model",
      message: 'there is no model "bsae"; did you mean base? (known: base, tiny.en)',
    }),
  );
});

test("a model that is not installed is refused with how to install it", () => {
  const { catalogue } = setup({ installed: ["base"] });
  expect(() => catalogue.resolve("tiny.en")).toThrow(/not installed; run: npx hum-helix models install tiny\.en/);
  expect(catalogue.list().map(({ model, installed }) => [model.name, installed])).toEqual([
    ["base", true],
    ["tiny.en", false],
  ]);
});

test("a truncated file or a marker of other weights counts as not installed", () => {
  const { catalogue, modelDir } = setup({ installed: ["base", "tiny.en"] });
  truncateSync(join(modelDir, "base", "model.bin"), 10);
  writeFileSync(join(modelDir, "tiny.en", markerName), JSON.stringify({ files: { "model.bin": "0".repeat(64) } }));
  expect(catalogue.list().map(({ installed }) => installed)).toEqual([false, false]);
});

test("a fake model is refused unless the configuration allows it", () => {
  const { catalogue } = setup({ installed: ["base"] });
  expect(() => catalogue.resolve("fake:echo")).toThrow(/fake:echo is a fake model, which this server does not allow/);
  const allowed = setup({ config: { allow_fake_models: true, model: "fake:echo" } }).catalogue;
  expect(allowed.resolve("fake:slow=1")).toMatchObject({ engine: "fake", path: "" });
  expect(allowed.resolve("whisper-1").name).toBe("fake:echo");
});

test("a default model that the catalogue lacks is a fault of the configuration", () => {
  expect(() => setup({ config: { model: "basee" } })).toThrow(/^model \(HUM_MODEL\): .*did you mean base\?/);
  expect(() => setup({ config: { model: "fake:echo" } })).toThrow(/HUM_ALLOW_FAKE_MODELS/);
});

test("the revision is the hub's commit only where the files are the hub's", () => {
  const { catalogue } = setup({ installed: ["base", "tiny.en"] });
  expect(catalogue.resolve("tiny.en").revision).toMatch(/^[0-9a-f]{40}$/);
  expect(catalogue.resolve("base").revision).toBe("sha256:905e5bf8336b");
});
