/** How a sidecar process is made: its command line and its environment. */
import { join } from "node:path";
import type { Layout } from "../core/tuning.ts";
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
  /** Over what every sidecar sees: see layout.ts. */
  environment: Layout["environment"];
  /** The one GPU that it sees, as CUDA_VISIBLE_DEVICES names it; null leaves that to the process. */
  gpu: string | null;
  onLine: (line: string) => void;
}

export function spawnSidecar(command: SidecarCommand): Child {
  const { role, endpoint, identity, gpu } = command;
  return spawnChild({
    command: command.python,
    args: ["-m", "hum_sidecar", "--role", role, "--endpoint", endpoint, "--identity", identity],
    env: {
      ...childEnvironment(command.packageDir),
      ...variablesOf(command.environment),
      ...(gpu === null ? {} : { CUDA_VISIBLE_DEVICES: gpu }),
    },
    onLine: command.onLine,
  });
}

/** The sidecar package of a checkout, from the directory of the checkout. */
export const packageDirOf = (root: string) => join(root, "sidecar", "src");

/** A layout's environment as a process takes it. */
export const variablesOf = (environment: Layout["environment"]) =>
  Object.fromEntries(Object.entries(environment).filter((pair): pair is [string, string] => pair[1] !== undefined));
