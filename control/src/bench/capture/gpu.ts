/** What all NVIDIA GPUs of this machine use, as nvidia-smi tells several times a second. */
import { spawnChild } from "../../platform/child.ts";
import { withoutSettings } from "../suts/context.ts";

export interface GpuReading {
  /** Of all GPUs together, whoever uses them; the highest of the samples. */
  memoryPeakBytes: number;
  /** Power times time, from sample to sample; null where one does not tell its power. */
  energyJ: number | null;
}

export interface GpuWatch {
  start(): { stop(): GpuReading | null };
  stop(): void;
}

const sampleMs = 200;
const query = ["--query-gpu=index,memory.used,power.draw", "--format=csv,noheader,nounits", `--loop-ms=${sampleMs}`];
const mebibyte = 1024 * 1024;

interface GpuSample {
  index: number;
  memoryBytes: number;
  /** Null where a GPU does not tell. */
  powerW: number | null;
}

/** One process for all trials; where there is no nvidia-smi it ends at once, and every reading is null. */
export function watchGpus({ env }: { env: Readonly<Record<string, string | undefined>> }): GpuWatch {
  /** As they were told last, by index. */
  const gpus = new Map<number, GpuSample>();
  const open = new Set<Account>();
  const child = spawnChild({
    command: "nvidia-smi",
    args: query,
    env: withoutSettings(env),
    onLine(line, stream) {
      const sample = stream === "stdout" ? readGpuLine(line) : null;
      if (sample === null) return;
      // The power that was told before holds up to now.
      for (const account of open) add(account, gpus);
      gpus.set(sample.index, sample);
      for (const account of open) add(account, gpus);
    },
  });
  return {
    start() {
      const account: Account = { memoryPeakBytes: 0, energyJ: 0, lastMs: performance.now() };
      open.add(account);
      return {
        stop() {
          open.delete(account);
          if (gpus.size === 0) return null;
          add(account, gpus);
          const { memoryPeakBytes, energyJ } = account;
          return { memoryPeakBytes, energyJ };
        },
      };
    },
    stop: () => child.kill("SIGKILL"),
  };
}

interface Account extends GpuReading {
  lastMs: number;
}

function add(account: Account, gpus: ReadonlyMap<number, GpuSample>): void {
  const nowMs = performance.now();
  const samples = [...gpus.values()];
  const memoryBytes = samples.reduce((sum, sample) => sum + sample.memoryBytes, 0);
  const powers = samples.map(({ powerW }) => powerW).filter((power) => power !== null);
  account.memoryPeakBytes = Math.max(account.memoryPeakBytes, memoryBytes);
  const energyJ = (powers.reduce((sum, power) => sum + power, 0) * (nowMs - account.lastMs)) / 1000;
  const isWhole = powers.length === samples.length && account.energyJ !== null;
  account.energyJ = isWhole ? (account.energyJ ?? 0) + energyJ : null;
  account.lastMs = nowMs;
}

/** `0, 1024, 71.33`, in MiB and watts; null where it is no such line. */
function readGpuLine(line: string): GpuSample | null {
  const [index, memory, power] = line.split(",").map((field) => field.trim());
  if (index === undefined || memory === undefined || power === undefined) return null;
  if (!/^\d+$/.test(index) || !/^[\d.]+$/.test(memory)) return null;
  return {
    index: Number(index),
    memoryBytes: Number(memory) * mebibyte,
    powerW: /^[\d.]+$/.test(power) ? Number(power) : null,
  };
}
