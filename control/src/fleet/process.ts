/** How a sidecar process is made: its command line and the allow-list of its environment. */
import { join } from "node:path";
import { type Child, spawnChild } from "../platform/child.ts";
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

/** What a child may see of our environment: nothing that could hold a key. */
const inherited = [
  "PATH",
  "HOME",
  "LANG",
  "LC_ALL",
  "TMPDIR",
  "TZ",
  "LD_LIBRARY_PATH",
  "CUDA_VISIBLE_DEVICES",
  "NVIDIA_VISIBLE_DEVICES",
  "NVIDIA_DRIVER_CAPABILITIES",
  "OPENBLAS_CORETYPE",
  "OPENBLAS_L2_SIZE",
  "CT2_FORCE_CPU_ISA",
] as const;

function childEnvironment(packageDir: string): Record<string, string> {
  const env: Record<string, string> = {};
  for (const name of inherited) {
    const value = process.env[name];
    if (value !== undefined) env[name] = value;
  }
  return {
    ...env,
    PYTHONPATH: packageDir,
    PYTHONUNBUFFERED: "1",
    // Weights are installed before; an engine that reaches for the hub would hang where there is no network.
    HF_HUB_OFFLINE: "1",
  };
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
