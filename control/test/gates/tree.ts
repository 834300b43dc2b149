/** A small tree that every gate accepts, for canaries to break one rule in. */
import { cpSync, mkdirSync, mkdtempDisposableSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { checkoutRoot } from "../../src/core/checkout.ts";

/** The configuration of the gates is the real one. */
const copied = [
  ".dependency-cruiser.cjs",
  ".gitignore",
  "biome.json",
  "compose.yaml",
  "control/test/patience.ts",
  "docker/Dockerfile",
  "knip.json",
  "package-lock.json",
  "ruff.toml",
  "sidecar/pyproject.toml",
  "sidecar/requirements-dev.lock",
  "sidecar/requirements-uv.lock",
  "sidecar/requirements.lock",
  "tsconfig.browser.json",
  "tsconfig.json",
  "vitest.config.ts",
];

const manifest = {
  name: "canary",
  type: "module",
  dependencies: { zeromq: "*" },
  devDependencies: { vitest: "*" },
};

const files = {
  "package.json": `${JSON.stringify(manifest, null, 2)}\n`,
  "control/src/main.ts": 'import { open } from "./app.ts";\n\nawait open("a").ready;\n',
  "control/src/app.ts":
    'import { nameOf } from "./core/noun.ts";\nimport { openSocket } from "./wire/link.ts";\n\n' +
    "export const open = (noun: string) => ({ name: nameOf(noun), ready: openSocket() });\n",
  "control/src/bench/report/browser/report.ts":
    'import { titleOf } from "./title.ts";\n\ndocument.title = titleOf("a");\n',
  "control/src/bench/report/browser/title.ts": "export const titleOf = (name: string) => name.toUpperCase();\n",
  "control/src/core/noun.ts": "export const nameOf = (noun: string) => noun.toUpperCase();\n",
  "control/src/wire/link.ts":
    'import { Router } from "zeromq";\n\nexport const openSocket = async () => await new Router().bind("inproc://a");\n',
  // vitest.config.ts names it.
  "control/test/brokers/fetch-kafka.ts": 'import { cwd } from "node:process";\n\nexport const setup = () => cwd();\n',
  "sidecar/src/hum_sidecar/__init__.py": '"""The package."""\n',
  "sidecar/tests/test_package.py": "def test_passes() -> None:\n    assert True\n",
};

export interface Tree extends Disposable {
  readonly root: string;
  write(path: string, text: string): void;
}

export function makeTree(extra: Record<string, string> = {}): Tree {
  const directory = mkdtempDisposableSync(join(tmpdir(), "hum-canary-"));
  const root = directory.path;
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  for (const path of copied) cpSync(join(checkoutRoot, path), join(root, path), { recursive: true });
  for (const name of ["node_modules", ".venv"]) symlinkSync(join(checkoutRoot, name), join(root, name));
  for (const [path, text] of Object.entries({ ...files, ...extra })) write(path, text);
  return { root, write, [Symbol.dispose]: () => directory.remove() };
}
