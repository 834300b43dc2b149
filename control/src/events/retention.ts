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
/** Of the bound: so much stays when room is made, so that it is not made for every event. */
const keptPart = 0.95;
const everyMs = 60_000;

export function createRetention(options: RetentionOptions): Retention {
  const { clock, log, spool, pumps } = options;
  const { max_bytes: maxBytes, retention_s: keepS } = options.config.events.spool;
  let timer: NodeJS.Timeout | null = null;
  let leave = () => {};
  let running: Promise<void> | null = null;
  let stopped = false;
  const startMs = { wall: clock.wallMs(), monotonic: clock.monotonicMs() };

  /** A clock that is set forward makes nothing older. */
  const nowMs = () => Math.min(clock.wallMs(), startMs.wall + clock.monotonicMs() - startMs.monotonic);
  const isOver = () => spool.usedBytes() > maxBytes;
  const required = () => pumps.filter((pump) => pump.required);
  /** What may go: everything that the slowest of the required sinks has had. */
  const floor = () => Math.min(spool.bounds().last, ...required().map((pump) => pump.cursor()));
  const canPrune = () => spool.bounds().first > 0 && spool.bounds().first <= floor();

  async function prune(): Promise<void> {
    const oldest = await spool.olderThan(nowMs() - keepS * 1000);
    await pruneTo(Math.min(oldest, floor()), () => stepEvents);
    if (isOver()) await pruneTo(floor(), excess);
  }

  /** About as many events as must go. */
  function excess(): number {
    const { first, last } = spool.bounds();
    const part = 1 - (maxBytes * keptPart) / spool.usedBytes();
    return Math.min(stepEvents, Math.ceil((last - first + 1) * part));
  }

  async function pruneTo(through: number, count: () => number): Promise<void> {
    let { first } = spool.bounds();
    for (let limit = count(); !stopped && first > 0 && first <= through && limit > 0; limit = count()) {
      first = await spool.prune({ through, limit });
    }
  }

  function run(): void {
    if (stopped) return;
    running ??= prune()
      .then(
        () => true,
        (error: Error) => {
          log.warn({ reason: error.message }, "old events could not be removed from the spool");
          return false;
        },
      )
      .then((isDone) => {
        running = null;
        // A commit may have come right at the end; after a failure there is time until the next.
        if (isDone && isOver() && canPrune()) run();
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
      const [slowest] = required().toSorted((a, b) => a.cursor() - b.cursor());
      return `${spool.usedBytes()} bytes wait for ${slowest?.name ?? "removal"}, at most ${maxBytes} may`;
    },
  };
}
