/** The machine that a run was measured on: what makes a difference to speed, and what only names it. */
import { existsSync, readFileSync } from "node:fs";
import { arch, availableParallelism, cpus, hostname, platform, release, totalmem } from "node:os";
import { linesOf } from "../../platform/run-command.ts";
import { keyOf } from "../plan/keys.ts";
import type { Environment } from "../results/record.ts";
import { type SutContext, withoutSettings } from "../suts/context.ts";

const gibibyte = 1024 ** 3;
const lookMs = 10_000;

export async function readEnvironment({ env }: Pick<SutContext, "env">): Promise<Environment> {
  return {
    os: osOf(),
    kernel: release(),
    arch: arch(),
    cpu_model: cpus()[0]?.model.trim() ?? "unknown",
    // Of this process's affinity and its control group.
    cpus: availableParallelism(),
    memory_bytes: memoryOf(),
    gpus: await gpusOf(env),
    container: isContainer(),
    virtual: virtualOf(),
    governor: firstLine("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
    host: hostname(),
  };
}

/**
 * Equal where numbers can be compared: neither the host's name nor its kernel is part of it, nor what a reboot changes.
 * Memory is rounded to GiB, since a kernel's reserve differs; of the system's version only the first number counts.
 */
export function environmentKey(environment: Environment): string {
  const { os, arch: architecture, cpu_model, cpus: usable, memory_bytes, gpus } = environment;
  return keyOf({
    os: os.replace(/(\d+)[\d.]*$/, "$1"),
    arch: architecture,
    cpu_model,
    cpus: usable,
    memory_gib: Math.round(memory_bytes / gibibyte),
    gpus: gpus.toSorted(),
  });
}

/** `debian 12`, `darwin 25.1.0`. */
function osOf(): string {
  const facts = new Map(
    (read("/etc/os-release") ?? "").split("\n").flatMap((line) => {
      const [name, value] = line.split("=", 2);
      return name === undefined || value === undefined ? [] : [[name, value.replaceAll('"', "")] as const];
    }),
  );
  const id = facts.get("ID");
  return id === undefined ? `${platform()} ${release()}` : `${id} ${facts.get("VERSION_ID") ?? ""}`.trim();
}

/** What the control group allows, where that is less; Node tells a huge number, or 0, where nothing does. */
function memoryOf(): number {
  const allowed = process.constrainedMemory();
  return allowed > 0 ? Math.min(allowed, totalmem()) : totalmem();
}

async function gpusOf(env: SutContext["env"]): Promise<string[]> {
  const args = ["--query-gpu=name", "--format=csv,noheader"];
  const lines = await linesOf("nvidia-smi", args, { env: withoutSettings(env), timeoutMs: lookMs });
  return lines?.map((line) => line.trim()).filter((name) => name !== "") ?? [];
}

/** Docker's and Podman's marks, and what a container's first process is told by the others. */
function isContainer(): boolean {
  if (existsSync("/.dockerenv") || existsSync("/run/.containerenv")) return true;
  return /docker|containerd|kubepods|libpod|lxc/.test(read("/proc/1/cgroup") ?? "");
}

/** Null on the metal, and where it cannot be told. */
function virtualOf(): string | null {
  if (!/^flags\s*:.*\bhypervisor\b/m.test(read("/proc/cpuinfo") ?? "")) return null;
  return firstLine("/sys/class/dmi/id/sys_vendor") ?? firstLine("/sys/hypervisor/type") ?? "unknown";
}

function firstLine(path: string): string | null {
  const line = read(path)?.split("\n")[0]?.trim();
  return line === undefined || line === "" ? null : line;
}

function read(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}
