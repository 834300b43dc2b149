/** What process trees, and the GPUs, use during a trial: processor time, memory at its highest, energy. */
import {
  beginPeaks,
  findTrees,
  isLinux,
  type ProcessUse,
  processesOf,
  processTrees,
} from "../../platform/process-table.ts";
import type { Definition } from "../definition/schema.ts";
import type { Capture, UsageReading } from "../runner/metrics.ts";
import type { SutContext } from "../suts/context.ts";
import { watchGpus } from "./gpu.ts";

/** Where the kernel keeps no peaks: often enough to see a model's, and seldom enough to disturb nothing. */
const sampleMs = 1_000;

/**
 * Where the kernel keeps peaks (Linux) the processes are looked at when the trial begins and when it ends, and not in
 * between: memory is then the sum of each process's highest, which they need not have had at once. Elsewhere it is the
 * highest sum of the samples. Nothing is null because it is 0: null is what cannot be seen from here.
 */
export function createCapture(
  wanted: Definition["capture"],
  options: Pick<SutContext, "env">,
): Capture & { stop(): void } {
  const wantsProcesses = wanted.includes("cpu") || wanted.includes("rss");
  const gpus = wanted.includes("gpu") ? watchGpus(options) : null;
  const look = isLinux ? createLook() : processTrees;
  return {
    start(pids) {
      const processes = wantsProcesses && pids.length > 0 ? watchProcesses(pids, look) : null;
      const gpu = gpus?.start() ?? null;
      return {
        stop(): UsageReading {
          const used = processes?.stop() ?? null;
          const onGpu = gpu?.stop() ?? null;
          return {
            cpu_s: wanted.includes("cpu") ? (used?.cpuS ?? null) : null,
            rss_peak_bytes: wanted.includes("rss") ? (used?.peakBytes ?? null) : null,
            gpu_memory_peak_bytes: onGpu?.memoryPeakBytes ?? null,
            gpu_energy_j: onGpu?.energyJ ?? null,
          };
        },
      };
    },
    stop: () => gpus?.stop(),
  };
}

type Look = (roots: readonly number[]) => ProcessUse[];

/** Processes come and go seldom, and to look for them takes longer than to look at them. */
const knownMs = 1_000;

function createLook(): Look {
  const known = new Map<string, { pids: number[]; atMs: number }>();
  return (roots) => {
    const key = roots.join(" ");
    const before = known.get(key);
    const nowMs = performance.now();
    if (before !== undefined && nowMs - before.atMs < knownMs) return processesOf(before.pids);
    const pids = findTrees(roots);
    known.set(key, { pids, atMs: nowMs });
    return processesOf(pids);
  };
}

function watchProcesses(roots: readonly number[], look: Look): { stop(): { cpuS: number; peakBytes: number } | null } {
  const before = look(roots);
  const keepsPeaks = beginPeaks(before.map(({ pid }) => pid));
  let highest = residentOf(before);
  const timer = keepsPeaks
    ? undefined
    : setInterval(() => {
        highest = Math.max(highest, residentOf(look(roots)));
      }, sampleMs);
  return {
    stop() {
      clearInterval(timer);
      const after = look(roots);
      // It ended in the middle: what it has used went with it.
      if (before.length === 0 || after.length === 0) return null;
      const peaks = after.reduce((sum, { peakBytes, residentBytes }) => sum + (peakBytes ?? residentBytes), 0);
      return {
        cpuS: Math.max(0, cpuOf(after) - cpuOf(before)),
        peakBytes: keepsPeaks ? peaks : Math.max(highest, residentOf(after)),
      };
    },
  };
}

const residentOf = (uses: readonly ProcessUse[]) => uses.reduce((sum, { residentBytes }) => sum + residentBytes, 0);
const cpuOf = (uses: readonly ProcessUse[]) => uses.reduce((sum, { cpuS }) => sum + cpuS, 0);
