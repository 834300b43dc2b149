/** The catalogue that ships, beside what faster-whisper itself knows. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { loadConfig } from "../../src/core/load-config.ts";
import { readModelSpecs } from "../../src/core/model-spec.ts";

const { python, catalogue } = loadConfig({ env: {} });
const specs = readModelSpecs(catalogue);

test("every name of faster-whisper, and the repository behind it, leads to a model", () => {
  const program = "import json; from faster_whisper.utils import _MODELS; print(json.dumps(_MODELS))";
  const { stdout, stderr } = spawnSync(python, ["-c", program], { encoding: "utf8" });
  const repositories = Object.entries(JSON.parse(stdout || stderr) as Record<string, string>);
  expect(repositories.length).toBeGreaterThan(15);
  const byName = new Map(specs.flatMap((spec) => [spec.name, ...spec.aliases].map((name) => [name, spec] as const)));
  for (const [name, repository] of repositories) {
    const spec = byName.get(name);
    expect(spec, name).toBeDefined();
    expect(byName.get(repository), repository).toBe(spec);
    const { source } = spec ?? {};
    if (source?.kind === "hub") expect(source.repository, name).toBe(repository);
    if (source?.kind === "packages") expect(source.published.repository, name).toBe(repository);
  }
});

test("every file that is fetched has a hash, and every model what its engine reads and a licence", () => {
  for (const { name, source, licence } of specs) {
    expect(existsSync(licence?.text ?? ""), `licence of ${name}`).toBe(true);
    if (source.kind !== "packages" && source.kind !== "hub") continue;
    const files: Record<string, { sha256?: string | undefined }> = source.files;
    expect(Object.keys(files), name).toEqual(expect.arrayContaining(["model.bin", "config.json", "tokenizer.json"]));
    expect(
      Object.keys(files).filter((file) => file.startsWith("vocabulary.")),
      name,
    ).toHaveLength(1);
    for (const [file, { sha256 }] of Object.entries(files)) expect(sha256, `${name}/${file}`).toBeDefined();
  }
});

test("the models that hear 128 mel bands say so", () => {
  const v3 = specs.filter(({ name }) => name.includes("v3"));
  expect(v3.map(({ name }) => name)).toEqual(["large-v3", "large-v3-turbo", "distil-large-v3", "distil-large-v3.5"]);
  for (const { source } of v3) {
    expect(source).toMatchObject({ files: { "preprocessor_config.json": { bytes: 340 } } });
  }
});
