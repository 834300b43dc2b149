/** Which GPUs there are: one engine process has one of them for itself. */
import { readdirSync } from "node:fs";

/** As `CUDA_VISIBLE_DEVICES` names them: what that variable allows, or all that the driver lists; empty without a GPU. */
export function findGpus(env: Readonly<Record<string, string | undefined>> = process.env): string[] {
  const allowed = env.CUDA_VISIBLE_DEVICES;
  if (allowed !== undefined)
    return allowed
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== "" && name !== "-1");
  try {
    return readdirSync("/proc/driver/nvidia/gpus").map((_, index) => String(index));
  } catch {
    return [];
  }
}

/** The GPU of each of a model's processes: `sidecars` of them for each GPU, or without one where the CPU is asked for. */
export function placeProcesses(options: {
  device: "auto" | "cpu" | "cuda";
  sidecars: number;
  gpus: readonly string[];
}): (string | null)[] {
  const places = options.device === "cpu" || options.gpus.length === 0 ? [null] : options.gpus;
  return Array.from({ length: options.sidecars }, () => places).flat();
}
