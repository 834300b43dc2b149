import { mkdirSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createCatalogue } from "./catalogue.ts";
import type { Config } from "./config.ts";
import { type Marker, markerName, modelPath } from "./installed.ts";
import { loadConfig } from "./load-config.ts";
import type { Catalogue } from "./model.ts";
import { readModelSpecs } from "./model-spec.ts";

/** The real catalogue over a model directory where `installed` look as the installer leaves them. */
function setup(options: { installed?: string[]; config?: Partial<Config> } = {}) {
  const modelDir = makeDirectory();
  const config = { ...loadConfig({ env: { HUM_MODEL_DIR: modelDir } }), ...options.config };
  for (const spec of readModelSpecs(config.catalogue)) {
    const { source } = spec;
    if (options.installed?.includes(spec.name) !== true || source.kind === "wheel" || source.kind === "directory")
      continue;
    const directory = modelPath(spec, modelDir);
    mkdirSync(directory);
    const sums: Record<string, string> = {};
    const sizes: Record<string, number> = {};
    const listed: Record<string, { bytes?: number | undefined; sha256?: string | undefined }> = source.files;
    for (const [name, { bytes, sha256 }] of Object.entries(listed)) {
      sums[name] = sha256 ?? "0".repeat(64);
      sizes[name] = bytes ?? 1000;
      writeFileSync(join(directory, name), "");
      // Sparse: only the size is looked at.
      truncateSync(join(directory, name), bytes ?? 1000);
    }
    const marker: Marker = { files: sums, bytes: sizes, revision: source.kind === "hub" ? source.revision : "none" };
    writeFileSync(join(directory, markerName), JSON.stringify(marker));
  }
  return { modelDir, catalogue: createCatalogue(config) };
}

/** They come inside a Python package, with nothing on disk of their own. */
const inPackages = ["pocketsphinx-en-us"];

const installedOf = (catalogue: Catalogue) =>
  catalogue.list().flatMap(({ model, installed }) => (installed ? [model.name] : []));

function makeDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "hum-models-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  return directory;
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
      message: expect.stringMatching(/^there is no model "bsae"; did you mean base\? \(known: tiny, .*base.*\)$/),
    }),
  );
});

test("a model that is not installed is refused with how to install it", () => {
  const { catalogue } = setup({ installed: ["base"] });
  expect(() => catalogue.resolve("tiny.en")).toThrow(/not installed; run: npx hum-helix models pull tiny\.en/);
  expect(installedOf(catalogue)).toEqual(["base", ...inPackages]);
});

test("a truncated file or a marker of other weights counts as not installed", () => {
  const { catalogue, modelDir } = setup({ installed: ["base", "tiny.en"] });
  truncateSync(join(modelDir, "base", "model.bin"), 10);
  writeFileSync(join(modelDir, "tiny.en", markerName), JSON.stringify({ files: { "model.bin": "0".repeat(64) } }));
  expect(installedOf(catalogue)).toEqual(inPackages);
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

test("the hub's names lead to their models, whose revision is the commit", () => {
  const { catalogue, modelDir } = setup({ installed: ["large-v3", "large-v3-turbo", "distil-large-v2"] });
  expect(catalogue.resolve("large")).toMatchObject({
    name: "large-v3",
    path: join(modelDir, "large-v3"),
    languages: "all",
  });
  expect(catalogue.resolve("turbo")).toMatchObject({ name: "large-v3-turbo", translates: false });
  expect(catalogue.resolve("distil-whisper/distil-large-v2").revision).toMatch(/^[0-9a-f]{40}$/);
  expect(() => catalogue.resolve("trubo")).toThrow(/did you mean turbo\?/);
});

test("files of another revision count as not installed", () => {
  const { catalogue, modelDir } = setup({ installed: ["small"] });
  const marker = join(modelDir, "small", markerName);
  writeFileSync(marker, readFileSync(marker, "utf8").replace("536b0662", "00000000"));
  expect(() => catalogue.resolve("small")).toThrow(/models pull small/);
});

test("a model inside a package and one in a directory of the user's own need no installation", () => {
  const directory = makeDirectory();
  const file = join(directory, "models.yaml");
  const rest = "languages: [en], translates: false, aliases: []";
  writeFileSync(
    file,
    `models:
  sphinx: { engine: pocketsphinx, ${rest}, wheel: { package: pocketsphinx, version: 5.1.1 } }
  mine: { engine: faster-whisper, ${rest}, directory: mine }
  gone: { engine: faster-whisper, ${rest}, directory: gone }
`,
  );
  mkdirSync(join(directory, "mine"));
  writeFileSync(join(directory, "mine", "model.bin"), "");
  const { catalogue } = setup({ config: { catalogue: file, model: "mine" } });
  expect(catalogue.resolve("sphinx")).toMatchObject({
    engine: "pocketsphinx",
    path: "",
    revision: "5.1.1",
  });
  expect(catalogue.resolve("whisper-1")).toMatchObject({ path: join(directory, "mine"), revision: "unpinned" });
  expect(() => catalogue.resolve("gone")).toThrow(/gone holds no model\.bin; put it there, or correct/);
});
