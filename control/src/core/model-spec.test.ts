import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { readModelSpecs } from "./model-spec.ts";

const sum = "a".repeat(64);

const model = (name: string, options: { alias?: string; package?: string } = {}) => `
  ${name}:
    aliases: [${options.alias ?? `${name}-alias`}]
    engine: faster-whisper
    languages: all
    translates: true
    licence: { name: MIT, text: licence.txt }
    hub: { repository: someone/model, revision: ${"b".repeat(40)}, identical: true }
    packages: [{ name: weights, version: 1.0.0, sha256: ${sum}, bytes: 10 }]
    files:
      model.bin: { sha256: ${sum}, bytes: 10, from: [{ package: ${options.package ?? "weights"}, member: model.bin }] }`;

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
  expect(() => readModelSpecs(file)).toThrow("models.yaml:13: alias s of large is already a name or alias of small");
});

test("a file can come only from a package that is listed, and so pinned", () => {
  const file = write(model("small", { package: "other" }));
  expect(() => readModelSpecs(file)).toThrow(
    "model.bin comes from package other, which packages of small does not list",
  );
});

test.each(["..", "../elsewhere", "a/b/c", ".hidden"])(
  "a model cannot be named %s, since names become paths",
  (name) => {
    expect(() => readModelSpecs(write(model(`"${name}"`, { alias: "x" })))).toThrow(/models\.yaml:\d+: models/);
  },
);
