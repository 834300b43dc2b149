/** What a process and all its descendants have used. */
import { beginPeaks, type ProcessUse, processTrees } from "../../src/platform/process-table.ts";

export interface Usage {
  cpuS: number;
  residentBytes: number;
  /** The sum of each one's highest, which they need not have had at once. */
  peakBytes: number;
}

export function usageOf(root: number): Usage {
  const all = processTrees([root]);
  return {
    cpuS: sumOf(all, ({ cpuS }) => cpuS),
    residentBytes: sumOf(all, ({ residentBytes }) => residentBytes),
    peakBytes: sumOf(all, ({ peakBytes }) => peakBytes ?? 0),
  };
}

/** Of this process alone: begins to look for its highest memory, and tells by how much that was above what it has now. */
export function watchMemory(pid: number): () => number {
  const now = () => processTrees([pid]).find((one) => one.pid === pid);
  const idle = now()?.residentBytes ?? 0;
  beginPeaks([pid]);
  return () => (now()?.peakBytes ?? 0) - idle;
}

const sumOf = (all: readonly ProcessUse[], figure: (one: ProcessUse) => number) =>
  all.reduce((sum, one) => sum + figure(one), 0);
