/** Keeps the spool within its bounds: by age and by bytes, the oldest first, and never what a required sink still needs. */
import type { Clock } from "../core/clock.ts";
import type { Config } from "../core/config.ts";
import type { Log } from "../core/log.ts";
import type { Pump } from "./pump.ts";
import type { Spool } from "./spool/spool.ts";

export interface Retention {
  start(): void;
  stop(): Promise<void>;
  /** Why no more may be put in; null while there is room, or room can be made. */
  fullness(): string | null;
}

export interface RetentionOptions {
  config: Pick<Config, "events">;
  clock: Clock;
  log: Log;
  spool: Spool;
  pumps: readonly Pick<Pump, "name" | "required" | "cursor">[];
}

/** Rows deleted at a time: commits wait for it. */
const stepEvents = 2_000;
const everyMs = 60_000;

export function createRetention(options: RetentionOptions): Retention {
  const { clock, log, spool, pumps } = options;
  const { max_bytes: maxBytes, retention_s: keepS } = options.config.events.spool;
  let timer: NodeJS.Timeout | null = null;
  let leave = () => {};
  let running: Promise<void> | null = null;
  let stopped = false;

  const isOver = () => spool.usedBytes() > maxBytes;
  const required = () => pumps.filter((pump) => pump.required);
  /** What may go: everything that the slowest of the required sinks has had. */
  const floor = () => Math.min(spool.bounds().last, ...required().map((pump) => pump.cursor()));
  const canPrune = () => spool.bounds().first > 0 && spool.bounds().first <= floor();

  async function prune(): Promise<void> {
    const oldest = await spool.olderThan(clock.wallMs() - keepS * 1000);
    await pruneTo(Math.min(oldest, floor()), () => true);
    await pruneTo(floor(), isOver);
  }

  async function pruneTo(through: number, isWanted: () => boolean): Promise<void> {
    for (let { first } = spool.bounds(); !stopped && first > 0 && first <= through && isWanted(); ) {
      first = await spool.prune({ through, limit: stepEvents });
    }
  }

  function run(): void {
    if (stopped) return;
    running ??= prune()
      .catch((error: Error) => log.warn({ reason: error.message }, "old events could not be removed from the spool"))
      .finally(() => {
        running = null;
      });
  }

  return {
    start() {
      leave = spool.onCommitted(() => {
        if (isOver() && canPrune()) run();
      });
      timer = setInterval(run, everyMs);
      timer.unref();
      run();
    },
    async stop() {
      stopped = true;
      if (timer !== null) clearInterval(timer);
      leave();
      await running;
    },
    fullness() {
      if (!isOver() || canPrune()) return null;
      const slowest = required().reduce((a, b) => (a.cursor() <= b.cursor() ? a : b));
      return `${spool.usedBytes()} bytes wait for ${slowest.name}, at most ${maxBytes} may`;
    },
  };
}
