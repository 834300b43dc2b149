/** SUT instances that are kept running: opened when first asked of, the one longest unused closed where there are too many. */
import { HumError } from "../../core/errors.ts";
import type { RunConfig } from "../definition/run-config.ts";
import type { Sut, SutInstance } from "../suts/sut.ts";

export interface Resident {
  readonly instance: SutInstance;
  /** Until something has been asked of it; whoever asks says so. */
  isCold: boolean;
}

export interface Residents {
  /** Throws HumError where it does not start, and at once where it did not start before; `onOpen` is called before it is started. */
  take(sut: Sut, asked: { config: RunConfig; onOpen: () => void }): Promise<Resident>;
  isRunning(sut: Sut, config: RunConfig): boolean;
  /** Closes the one that these are asked of, if it runs: it died, or the next trial is to find a fresh one. */
  drop(sut: Sut, config: RunConfig): Promise<void>;
  closeAll(): Promise<void>;
}

export function createResidents(options: { most: number; startTimeoutMs: number; signal: AbortSignal }): Residents {
  const { most, startTimeoutMs, signal } = options;
  /** By key; the one longest unused first. */
  const running = new Map<string, Resident>();
  const failed = new Map<string, HumError>();

  async function close(key: string): Promise<void> {
    const resident = running.get(key);
    running.delete(key);
    await resident?.instance.close();
  }

  async function open(sut: Sut, config: RunConfig): Promise<SutInstance> {
    try {
      return await sut.open(config, { signal, startTimeoutMs });
    } catch (error) {
      // Each run config of it would wait for the same time-out again.
      if (error instanceof HumError && !signal.aborted) failed.set(residentKey(sut, config), error);
      throw error;
    }
  }

  return {
    async take(sut, { config, onOpen }) {
      const key = residentKey(sut, config);
      const failure = failed.get(key);
      if (failure !== undefined) throw failure;
      let resident = running.get(key);
      if (resident === undefined) {
        for (const [oldest] of running) if (running.size >= most) await close(oldest);
        onOpen();
        resident = { instance: await open(sut, config), isCold: true };
      }
      running.delete(key);
      running.set(key, resident);
      return resident;
    },
    isRunning: (sut, config) => running.has(residentKey(sut, config)),
    drop: (sut, config) => close(residentKey(sut, config)),
    async closeAll() {
      const closed = await Promise.allSettled([...running.keys()].map(close));
      for (const one of closed) if (one.status === "rejected") throw one.reason;
    },
  };
}

/** Equal for what can be asked of one instance. */
export function residentKey(sut: Sut, config: RunConfig): string {
  return `${sut.name} ${sut.instanceKey(config)}`;
}
