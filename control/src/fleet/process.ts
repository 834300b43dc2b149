/** How a sidecar process is made: its command line. */
import { join } from "node:path";
import { type Child, spawnChild } from "../platform/child.ts";
import { childEnvironment } from "../platform/child-environment.ts";
import type { Role } from "../wire/messages.ts";

export interface SidecarCommand {
  python: string;
  /** Directory that holds the package hum_sidecar. */
  packageDir: string;
  role: Role;
  endpoint: string;
  identity: string;
  onLine: (line: string) => void;
}

export function spawnSidecar(command: SidecarCommand): Child {
  const { role, endpoint, identity } = command;
  return spawnChild({
    command: command.python,
    args: ["-m", "hum_sidecar", "--role", role, "--endpoint", endpoint, "--identity", identity],
    env: childEnvironment(command.packageDir),
    onLine: command.onLine,
  });
}

/** The sidecar package of a checkout, from the directory of the checkout. */
export const packageDirOf = (root: string) => join(root, "sidecar", "src");
