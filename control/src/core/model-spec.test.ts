import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readModelSpecs } from "./model-spec.ts";

const sum = "a".repeat(64);

const head = (name: string, alias = `${name}-alias`) => `
  ${name}:
    aliases: [${alias}]
    engine: faster-whisper
    languages: all
    translates: true
    licence: { name: MIT, text: licence.txt }`;

const model = (name: string, options: { alias?: string; package?: string } = {}) => `${head(name, options.alias)}
    packages:
      published: { repository: someone/model, revision: ${"b".repeat(40)}, identical: true }
      wheels: [{ name: weights, version: 1.0.0, sha256: ${sum}, bytes: 10 }]
      files:
        model.bin: { sha256: ${sum}, bytes: 10, from: [{ package: ${options.package ?? "weights"}, member: model.bin }] }`;

const hub = `{ repository: someone/model, revision: ${"b".repeat(40)}, files: { model.bin: {} } }`;

function write(models: string): string {
  const directory = mkdtempSync(join(tmpdir(), "hum-catalogue-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, "models.yaml");
  writeFileSync(file, `models:${models}\n`);
  return file;
}

test("a model knows where its licence lies, whatever the current directory", () => {
  const file = write(model("small"));
  expect(readModelSpecs(file)).toMatchObject([{ name: "small", licence: { text: join(file, "..", "licence.txt") } }]);
});

test("two models cannot share a name or an alias", () => {
  const file = write(model("small", { alias: "s" }) + model("large", { alias: "s" }));
  expect(() => readModelSpecs(file)).toThrow("models.yaml:14: alias s of large is already a name or alias of small");
});

test("a file can come only from a package that is listed, and so pinned", () => {
  const file = write(model("small", { package: "other" }));
  expect(() => readModelSpecs(file)).toThrow(
    "models.yaml:12: model.bin comes from package other, which the wheels of small do not list",
  );
});

test.each(["..", "../elsewhere", "a/b/c", ".hidden"])(
  "a model cannot be named %s, since names become paths",
  (name) => {
    expect(() => readModelSpecs(write(model(`"${name}"`, { alias: "x" })))).toThrow(/models\.yaml:\d+: models/);
  },
);

test("a model of the hub may leave to its revision what nobody has published", () => {
  const [spec] = readModelSpecs(write(`${head("small")}\n    hub: ${hub}`));
  expect(spec?.source).toEqual({
    kind: "hub",
    repository: "someone/model",
    revision: "b".repeat(40),
    files: { "model.bin": {} },
  });
});

test("a model inside a Python package names its version", () => {
  const [spec] = readModelSpecs(write(`${head("small")}\n    wheel: { package: pocketsphinx, version: 5.1.1 }`));
  expect(spec?.source).toEqual({ kind: "wheel", package: "pocketsphinx", version: "5.1.1" });
});

test("a directory is relative to the catalogue, whatever the current directory", () => {
  const file = write(`${head("small")}\n    directory: ../mine`);
  expect(readModelSpecs(file)[0]?.source).toEqual({ kind: "directory", path: join(file, "..", "..", "mine") });
});

const oneSource = "must have exactly one source: one of packages, hub, wheel, directory";

test.each([
  ["no source", "", `models.yaml:2: models.small: ${oneSource}`],
  ["two sources", `    directory: mine\n    hub: ${hub}`, `models.yaml:2: models.small: ${oneSource}`],
  [
    "a branch for a revision",
    `    hub: ${hub.replace("b".repeat(40), "main")}`,
    "models.yaml:8: models.small.hub.revision",
  ],
  [
    "no file",
    `    hub: ${hub.replace("model.bin: {}", "")}`,
    "models.yaml:8: models.small.hub.files: must list at least one",
  ],
  ["a file elsewhere", `    hub: ${hub.replace("model.bin", "../model.bin")}`, "must be a plain file name"],
  ["a field that is none", "    wheel: { package: a, version: 1.0.0, url: b }", "models.yaml:8: models.small.wheel:"],
])("a model with %s is refused, with its line", (_, source, message) => {
  expect(() => readModelSpecs(write(`${head("small")}\n${source}`))).toThrow(message);
});

test("an engine is any name but that of the scripted one, which needs leave", () => {
  const named = (engine: string) =>
    write(`${head("small").replace("faster-whisper", engine)}\n    wheel: { package: pocketsphinx, version: 5.1.1 }`);
  expect(readModelSpecs(named("pocketsphinx"))[0]?.engine).toBe("pocketsphinx");
  expect(() => readModelSpecs(named("fake"))).toThrow("models.yaml:4: models.small.engine: must not be fake");
  expect(() => readModelSpecs(named("Pocket Sphinx"))).toThrow("must be the name of an engine");
});
