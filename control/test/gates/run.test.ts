/** `make test` closes with what failed and one count of both languages' tests; no breakage of a runner passes for success. */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { checkoutRoot } from "../../src/core/checkout.ts";
import { makeTree } from "./tree.ts";

const tests = {
  "control/src/core/noun.test.ts":
    'import { expect, it } from "vitest";\n\nit("holds", () => expect(1).toBe(1));\nit("holds too", () => expect(2).toBe(2));\n',
};

function runTests(extra: Record<string, string>, env: Record<string, string> = {}) {
  using tree = makeTree({ ...tests, ...extra });
  const { status, stdout } = spawnSync(process.execPath, [join(checkoutRoot, "control", "test", "run.ts"), "test"], {
    cwd: tree.root,
    // A vitest inside a vitest must not take itself for a worker of the outer one.
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    encoding: "utf8",
  });
  const lines = stdout.trimEnd().split("\n");
  const closings = lines.filter((line) => /^\d+ passed, \d+ failed/.test(line)).length;
  const first = lines.findIndex((line) => line.startsWith("FAILED control/"));
  return { status, last: lines.at(-1), closings, failures: first < 0 ? [] : lines.slice(first, -1) };
}

const failing = {
  "control/src/core/verb.test.ts":
    'import { describe, expect, it } from "vitest";\n\ndescribe("a verb", () => {\n  it("fails", () => expect(["what was seen by whoever looked", 1]).toEqual([]));\n});\n',
  "sidecar/tests/test_fails.py": "def test_fails() -> None:\n    assert 1 == 2, \"why <so>\\nand 'so'\"\n",
};

it("sums both languages in one closing line", () => {
  expect(runTests({})).toEqual({ status: 0, last: "3 passed, 0 failed", closings: 1, failures: [] });
});

it("counts failures of both languages", () => {
  expect(runTests(failing)).toMatchObject({ status: 1, last: "3 passed, 2 failed", closings: 1 });
});

it("says before the closing line what failed, where, and why", () => {
  expect(runTests(failing).failures).toEqual([
    "FAILED control/src/core/verb.test.ts: a verb > fails",
    "    AssertionError: expected [ 'what was seen by whoever looked', 1 ] to deeply equal []",
    expect.stringMatching(/^ {8}at .*control\/src\/core\/verb\.test\.ts:4:\d+/),
    "",
    "FAILED tests.test_fails: test_fails",
    "    AssertionError: why <so>",
    "    and 'so'",
    "    assert 1 == 2",
    "    sidecar/tests/test_fails.py:2: AssertionError",
    "",
  ]);
});

it("counts files that cannot be loaded", () => {
  const broken = {
    "control/src/core/verb.test.ts": 'import "./absent.ts";\n',
    "sidecar/tests/test_broken.py": "import absent\n",
  };
  expect(runTests(broken)).toMatchObject({ status: 1, last: expect.stringMatching(/^\d passed, 2 failed$/) });
});

it("counts a runner that dies, and one that finds no test", () => {
  const dying = { "sidecar/tests/test_package.py": "import os\n\n\ndef test_dies() -> None:\n    os._exit(0)\n" };
  expect(runTests(dying)).toMatchObject({ status: 1, last: "2 passed, 1 failed" });
  expect(runTests({ "sidecar/tests/test_package.py": "" })).toMatchObject({ status: 1, last: "2 passed, 1 failed" });
});

it("counts a rejection that no test caught", () => {
  const stray = {
    "control/src/core/verb.test.ts":
      'import { it } from "vitest";\n\nit("passes", async () => {\n  Promise.reject(new Error("stray"));\n  await Promise.resolve();\n});\n',
  };
  expect(runTests(stray)).toMatchObject({ status: 1, last: "4 passed, 1 failed" });
});

it("leaves the closing line to whoever sums several verbs", () => {
  using tree = makeTree();
  const file = join(tree.root, "tally.jsonl");
  expect(runTests({}, { HUM_TALLY: file })).toMatchObject({
    status: 0,
    last: "make test: 3 passed, 0 failed",
    closings: 0,
  });
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ passed: 3, failed: 0, skipped: 0 });
});

it("gives whoever sums several verbs a line for each failure", () => {
  using tree = makeTree();
  const file = join(tree.root, "tally.jsonl");
  runTests(failing, { HUM_TALLY: file });
  expect(readFileSync(file, "utf8").trim().split("\n")).toEqual([
    expect.stringMatching(
      /^FAILED control\/src\/core\/verb\.test\.ts: a verb > fails: AssertionError: expected \[ 'what was seen/,
    ),
    expect.stringMatching(/^FAILED tests\.test_fails: test_fails: AssertionError: why <so> and 'so' assert 1 == 2 /),
    '{"passed":3,"failed":2,"skipped":0}',
  ]);
});

it("closes all of CI with what failed in every verb, and the sum", () => {
  const recipe = (lines: readonly string[]) => lines.map((line) => `\t@echo '${line}' >>"$(HUM_TALLY)"\n`).join("");
  const verbs = {
    check: `${recipe(["FAILED make check: knip: unused", '{"passed":4,"failed":1,"skipped":0}'])}\t@false\n`,
    test: recipe(['{"passed":20,"failed":0,"skipped":2}']),
    "test-system": "\t@false\n",
  };
  const makefile = Object.entries(verbs).map(([verb, does]) => `${verb}:\n${does}`);
  using tree = makeTree({ Makefile: makefile.join("\n") });
  for (const name of [".ci", "bin"]) mkdirSync(join(tree.root, name));
  copyFileSync(join(checkoutRoot, ".ci/run"), join(tree.root, ".ci/run"));
  // It has no apt-get, and installs nothing.
  for (const tool of ["awk", "dirname", "id", "make", "mkdir", "sh", "wc"]) {
    const path = spawnSync("/bin/sh", ["-c", `command -v ${tool}`], { encoding: "utf8" }).stdout.trim();
    symlinkSync(path, join(tree.root, "bin", tool));
  }
  const { status, stdout } = spawnSync("/bin/bash", [join(tree.root, ".ci/run")], {
    env: { PATH: join(tree.root, "bin") },
    encoding: "utf8",
  });
  expect(stdout.trimEnd().split("\n").slice(-3)).toEqual([
    "FAILED make check: knip: unused",
    "FAILED make test-system: it broke before it could count anything; it said why above",
    "24 passed, 2 failed, 2 skipped",
  ]);
  expect(status).toBe(1);
});
