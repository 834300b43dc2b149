/** `make test` closes with one count of both languages' tests, and no breakage of a runner passes for success. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
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
  return { status, last: lines.at(-1), closings: lines.filter((line) => /^\d+ passed, \d+ failed/.test(line)).length };
}

it("sums both languages in one closing line", () => {
  expect(runTests({})).toEqual({ status: 0, last: "3 passed, 0 failed", closings: 1 });
});

it("counts failures of both languages", () => {
  const failing = {
    "control/src/core/verb.test.ts": 'import { expect, it } from "vitest";\n\nit("fails", () => expect(1).toBe(2));\n',
    "sidecar/tests/test_fails.py": "def test_fails() -> None:\n    assert 1 == 2\n",
  };
  expect(runTests(failing)).toEqual({ status: 1, last: "3 passed, 2 failed", closings: 1 });
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
  expect(runTests({}, { HUM_TALLY: file })).toEqual({ status: 0, last: "make test: 3 passed, 0 failed", closings: 0 });
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual({ passed: 3, failed: 0, skipped: 0 });
});
