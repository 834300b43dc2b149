/** A pump: takes one sink through the spool, in order and behind a cursor of its own, whatever becomes of the bus meanwhile. */
import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { SinkStatus } from "../core/readiness.ts";
import { toError } from "../core/to-error.ts";
import { createBell } from "./bell.ts";
import { createFilter } from "./filter.ts";
import { defaultPace, type RetryPace, retryDelayMs } from "./retry.ts";
import type { Delivery, Outgoing, SealedEvent, Sink, SinkConnection } from "./sink.ts";
import type { Spool, StoredEvent } from "./spool/spool.ts";
import { createStanding } from "./standing.ts";
import { asReplay, createStretches, type Stretch } from "./stretch.ts";
import { silenceAfter, within } from "./within.ts";

/** What a pump tells while it works. */
export interface PumpReport {
  count(result: "stored" | "duplicate" | "dropped", events: number): void;
  /** Events that the sink did not get and never will, by their positions in the spool. */
  dropped(loss: { events: number; first: number; last: number; reason: string }): void;
}

export interface PumpOptions {
  sink: Sink;
  spool: Spool;
  /** Names of the events that the sink gets, in which `*` stands for anything. */
  types: readonly string[];
  required: boolean;
  clock: Clock;
  log: Log;
  report: PumpReport;
  pace?: RetryPace;
  patience?: PumpPatience;
}

/** How long a bus may be silent where the sink does not see to it. */
export interface PumpPatience {
  /** Until it is connected, and has told what it has. */
  openMs: number;
  /** Until it lets go at a stop. */
  stopMs: number;
}

export interface Pump {
  readonly name: string;
  readonly required: boolean;
  start(): void;
  /** Everything up to this position has been delivered or left out. */
  cursor(): number;
  /** Sends again what lies from `first` on, up to the cursor; returns how many positions that are. */
  replay(first: number): number;
  announce(event: SealedEvent): void;
  health(): SinkStatus;
  /** Gives what is held `drainMs` to arrive, then lets go of the bus. What is left goes on in the next life. */
  stop(drainMs: number): Promise<void>;
}

const batchLimit = { limit: 256, maxCharacters: 1024 * 1024 };
/** Failures in a row after which a sink is not merely between two connections. */
const downAfter = 3;
/** A connection that lasted this long was a good one: what comes after it is not one more failure in a row. */
const stableMs = 10_000;
const defaultPatience: PumpPatience = { openMs: 30_000, stopMs: 2_000 };

export function createPump(options: PumpOptions): Pump {
  const { sink, spool, types, required, clock, log, report } = options;
  const pace = options.pace ?? sink.pace ?? defaultPace;
  const patience = options.patience ?? defaultPatience;
  const isWanted = createFilter(types);
  const ending = new AbortController();
  const standing = createStanding({ sink, spool, types, clock, log });
  const stretches = createStretches(spool, sink.name);
  const { feed, moveTo } = stretches;
  let connection: SinkConnection | null = null;
  let state: SinkStatus["state"] = "connecting";
  let reason: string | null = null;
  let failures = 0;
  let openedMs = 0;
  let isTold = false;
  /** Holes that the bus has told of, one after another. */
  let gaps = 0;
  let dropped = 0;
  let running: Promise<void> = Promise.resolve();
  const bell = createBell();

  async function run(): Promise<void> {
    while (!ending.signal.aborted && state !== "ended") {
      try {
        await work(await open());
      } catch (error) {
        await recover(toError(error));
      }
    }
  }

  async function open(): Promise<SinkConnection> {
    const signal = attempt();
    const opening = sink.open(signal);
    try {
      connection = await within(opening, signal);
    } catch (error) {
      void opening.then((late) => late.close()).catch(() => undefined);
      throw error;
    }
    ending.signal.throwIfAborted();
    openedMs = clock.monotonicMs();
    await sync(connection, signal);
    return connection;
  }

  const attempt = () => AbortSignal.any([ending.signal, silenceAfter(patience.openMs)]);

  /** Learns what the bus has, and goes back to what it has lost. */
  async function sync(to: SinkConnection, signal: AbortSignal): Promise<void> {
    const back = await standing.learn(to, { cursor: feed.cursor, signal });
    if (back < feed.cursor) moveTo(feed, back);
  }

  /** A connection is one that works once it has taken an event, or has none to take. */
  function settle(): void {
    state = "connected";
    reason = null;
    if (isTold) log.info({ sink: sink.name, held: held() }, "the event sink takes events again");
    isTold = false;
  }

  /** Returns when the pump ends, throws when the connection does. */
  async function work(to: SinkConnection): Promise<void> {
    let gone: Error | null = null;
    void to.closed.then((error) => {
      gone = error;
      bell.ring();
    });
    while (!ending.signal.aborted && state !== "ended") {
      if (gone !== null) throw gone;
      const stretch = stretches.current();
      const { events, through } = await spool.read({
        after: stretch.cursor,
        ...batchLimit,
        patterns: types,
        jobId: null,
      });
      tellMissing(stretch, events[0]);
      if (events.length > 0) await send(to, { stretch, events, through });
      else if (through > stretch.cursor) moveTo(stretch, through);
      else {
        settle();
        await bell.wait();
      }
    }
  }

  async function send(
    to: SinkConnection,
    batch: { stretch: Stretch; events: readonly StoredEvent[]; through: number },
  ): Promise<void> {
    const { stretch, events, through } = batch;
    const isReplay = stretch.until !== null;
    const outgoing: Outgoing[] = isReplay
      ? events.filter(({ position }) => position <= (stretch.until ?? 0)).map(asReplay)
      : standing.address(events);
    const known = isReplay ? 0 : events.length - outgoing.length;
    if (known > 0) report.count("duplicate", known);
    const delivery: Delivery =
      outgoing.length === 0
        ? { delivered: 0, duplicates: 0, stopped: null }
        : await to.deliver(outgoing).catch((error) => failed(error));
    const done = outgoing.slice(0, delivery.delivered);
    if (!isReplay) standing.delivered(done);
    if (delivery.duplicates > 0) report.count("duplicate", delivery.duplicates);
    if (done.length > delivery.duplicates) report.count("stored", done.length - delivery.duplicates);
    const next = outgoing[delivery.delivered];
    moveTo(stretch, next === undefined ? through : next.position - 1);
    if (done.length > 0) {
      failures = 0;
      gaps = 0;
      settle();
    }
    if (delivery.stopped !== null) await halt(to, { stopped: delivery.stopped, next, stretch });
  }

  async function halt(
    to: SinkConnection,
    at: { stopped: NonNullable<Delivery["stopped"]>; next: Outgoing | undefined; stretch: Stretch },
  ): Promise<void> {
    const { stopped, next, stretch } = at;
    switch (stopped.kind) {
      case "failed":
        throw stopped.error;
      case "gap":
        gaps += 1;
        if (gaps > 1) throw new Error("the bus still misses an event after it was asked what it has");
        return sync(to, attempt());
      case "unfit":
        if (next === undefined) return;
        // What comes again was told the first time.
        if (stretch.until === null) {
          lose({ events: 1, first: next.position, last: next.position, reason: stopped.reason });
        }
        moveTo(stretch, next.position);
        return;
      case "gone":
        log.error({ sink: sink.name, reason: stopped.reason }, "the event sink is out of use until the next start");
        state = "ended";
        reason = stopped.reason;
        await to.close();
    }
  }

  /** Where the spool's bound has taken what the sink had not got. */
  function tellMissing(stretch: Stretch, next: StoredEvent | undefined): void {
    const { first, last } = spool.bounds();
    const oldest = first === 0 ? last + 1 : first;
    // Those that have just been removed may still have been read.
    const missing = Math.min(oldest, next?.position ?? oldest) - 1 - stretch.cursor;
    if (missing <= 0) return;
    const range = { first: stretch.cursor + 1, last: stretch.cursor + missing };
    if (stretch.until === null) lose({ events: missing, ...range, reason: "the spool was full, or they grew too old" });
    moveTo(stretch, range.last);
  }

  function lose(loss: Parameters<PumpReport["dropped"]>[0]): void {
    dropped += loss.events;
    report.count("dropped", loss.events);
    report.dropped(loss);
  }

  async function recover(error: Error): Promise<void> {
    const old = connection;
    connection = null;
    await within(Promise.resolve(old?.close()), AbortSignal.timeout(patience.stopMs)).catch(() => undefined);
    if (ending.signal.aborted) return;
    if (state === "connected" && clock.monotonicMs() - openedMs > stableMs) failures = 0;
    failures += 1;
    const refused = sink.isRefusal(error);
    // Only the message: an error of a client may carry the command, and with it passwords and text.
    reason = error.message;
    state = refused || failures >= downAfter ? "down" : "connecting";
    if (!isTold) log.warn({ sink: sink.name, reason, refused }, "the event sink is away: events wait in the spool");
    isTold = true;
    await delay(retryDelayMs(pace, { failures, refused }), undefined, { signal: ending.signal }).catch(() => undefined);
  }

  const held = () => spool.bounds().last - feed.cursor;
  /** It is connected, or for all that is known it will be in a moment. */
  const canDeliver = () => state !== "ended" && (connection !== null || failures === 0);

  return {
    name: sink.name,
    required,
    start() {
      spool.moveCursor(sink.name, feed.cursor);
      spool.onCommitted(bell.ring);
      running = run();
    },
    cursor: () => feed.cursor,
    replay(first) {
      const positions = stretches.replay(first);
      bell.ring();
      return positions;
    },
    announce(event) {
      if (isWanted(event.name)) connection?.announce?.(event);
    },
    health: () => ({
      sink: sink.name,
      state,
      required,
      held: held(),
      oldest_age_s: held() === 0 ? 0 : (clock.monotonicMs() - spool.committedAtMs(feed.cursor + 1)) / 1000,
      dropped,
      replaying: stretches.replaying(),
      reason,
    }),
    async stop(drainMs) {
      const deadlineMs = clock.monotonicMs() + drainMs;
      while (held() > 0 && canDeliver() && clock.monotonicMs() < deadlineMs) await delay(10);
      ending.abort();
      bell.ring();
      const patient = new AbortController();
      const letGo = Promise.all([connection?.close(), running]).then(() => patient.abort());
      const tooLong = delay(patience.stopMs, true, { signal: patient.signal }).catch(() => false);
      if (await Promise.race([letGo.then(() => false), tooLong])) {
        log.warn({ sink: sink.name }, "the event sink did not let go in time, and was left behind");
      }
      if (held() > 0) log.info({ sink: sink.name, events: held() }, "events wait in the spool for the next start");
      if (state !== "ended") state = "down";
      reason ??= "stopped";
    },
  };
}

const failed = (error: unknown): Delivery => ({
  delivered: 0,
  duplicates: 0,
  stopped: { kind: "failed", error: toError(error) },
});
