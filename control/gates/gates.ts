/** The gates of `make check`: each is one command that exits with 0 when all is well in the current directory. */
import { join } from "node:path";

interface Gate {
  command: string;
  args: readonly string[];
  env?: Record<string, string>;
}

export type GateName = keyof typeof gates;

export const gates = {
  biome: node(
    "node_modules/@biomejs/biome/bin/biome",
    "ci",
    "--colors=off",
    "--diagnostic-level=warn",
    "--error-on-warnings",
    ".",
  ),
  // TypeScript 7 checks types; TypeScript 6 is installed as `typescript` for the tools that need its programming interface.
  types: node("node_modules/ts7/bin/tsc", "--project", "."),
  // What runs in a page knows the DOM and nothing of Node.
  "browser types": node("node_modules/ts7/bin/tsc", "--project", "tsconfig.browser.json"),
  layers: node("control/gates/layers.ts"),
  knip: node("node_modules/knip/bin/knip.js", "--no-progress"),
  pyright: node(
    "node_modules/pyright/index.js",
    "--project",
    "sidecar",
    "--pythonpath",
    fromCheckout(".venv/bin/python"),
  ),
  ruff: python("ruff", "check", "."),
  "ruff format": python("ruff", "format", "--check", "."),
  locks: node("control/gates/locks.ts"),
  places: node("control/gates/places.ts"),
  dockerfile: python("hadolint", "docker/Dockerfile"),
  "compose schema": python("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml"),
  compose: {
    ...python("docker-compose", "--file", "compose.yaml", "config", "--quiet"),
    env: { HUM_API_KEY: "any key will do" },
  },
} satisfies Record<string, Gate>;

function node(path: string, ...args: string[]): Gate {
  return { command: process.execPath, args: [fromCheckout(path), ...args] };
}

function python(name: string, ...args: string[]): Gate {
  return { command: fromCheckout(`.venv/bin/${name}`), args };
}

/** The tools are this checkout's, whatever tree they look at: the canaries show them a tree of their own. */
function fromCheckout(path: string): string {
  return join(import.meta.dirname, "..", "..", path);
}
