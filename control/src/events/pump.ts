/** A pump: takes one sink through the spool, in order and behind a cursor of its own, whatever becomes of the bus meanwhile. */
import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import type { SinkStatus } from "../core/readiness.ts";
import { createFilter } from "./filter.ts";
import { defaultPace, type RetryPace, retryDelayMs } from "./retry.ts";
import type { Delivery, Outgoing, SealedEvent, Sink, SinkConnection } from "./sink.ts";
import type { Spool, StoredEvent } from "./spool/spool.ts";
import { createStanding } from "./standing.ts";

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

/** Where the pump is: the stretch that it delivers now. */
interface Stretch {
  /** Everything up to here is done. */
  cursor: number;
  /** A replay ends here, and what was done before goes on. Null for the feed itself. */
  until: number | null;
}

export function createPump(options: PumpOptions): Pump {
  const { sink, spool, types, required, clock, log, report } = options;
  const pace = options.pace ?? sink.pace ?? defaultPace;
  const isWanted = createFilter(types);
  const ending = new AbortController();
  const standing = createStanding({ sink, spool, types, clock, log });
  // A sink that is new begins with what comes, unless the spool is as new as it is.
  const feed: Stretch = { cursor: spool.cursor(sink.name) ?? spool.bounds().last, until: null };
  const replays: Stretch[] = [];
  let connection: SinkConnection | null = null;
  let state: SinkStatus["state"] = "connecting";
  let reason: string | null = null;
  let failures = 0;
  let dropped = 0;
  let running: Promise<void> = Promise.resolve();
  let wake = () => {};
  let isAwake = false;

  function rouse(): void {
    isAwake = true;
    wake();
  }

  async function sleep(): Promise<void> {
    if (!isAwake) await new Promise<void>((resolve) => (wake = resolve));
    isAwake = false;
  }

  async function run(): Promise<void> {
    while (!ending.signal.aborted && state !== "ended") {
      try {
        await work(await open());
      } catch (error) {
        await recover(error instanceof Error ? error : new Error(String(error)));
      }
    }
  }

  async function open(): Promise<SinkConnection> {
    const opened = await sink.open(ending.signal);
    connection = opened;
    ending.signal.throwIfAborted();
    await sync(opened);
    return opened;
  }

  /** Not before something was delivered, or nothing is left to be: that a bus lets us in says little. */
  function settle(): void {
    if (state === "connected") return;
    if (failures > 0) log.info({ sink: sink.name, held: held() }, "the event sink takes events again");
    state = "connected";
    reason = null;
    failures = 0;
  }

  /** Learns what the bus has, and goes back to what it has lost. */
  async function sync(to: SinkConnection): Promise<void> {
    const back = await standing.learn(to, feed.cursor);
    if (back < feed.cursor) moveTo(feed, back);
  }

  /** Returns when the pump ends, throws when the connection does. */
  async function work(to: SinkConnection): Promise<void> {
    let gone: Error | null = null;
    void to.closed.then((error) => {
      gone = error;
      rouse();
    });
    while (!ending.signal.aborted && state !== "ended") {
      if (gone !== null) throw gone;
      const stretch = replays[0] ?? feed;
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
        await sleep();
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
      ? events.filter(({ position }) => position <= (stretch.until ?? 0)).map((event) => ({ ...event, predecessor: 0 }))
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
    if (done.length > 0) settle();
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
        return sync(to);
      case "unfit":
        if (next === undefined) return;
        lose({ events: 1, first: next.position, last: next.position, reason: stopped.reason });
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
    const { first } = spool.bounds();
    const missing = (first === 0 ? (next?.position ?? 0) : first) - 1 - stretch.cursor;
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

  function moveTo(stretch: Stretch, position: number): void {
    stretch.cursor = position;
    if (stretch.until === null) spool.moveCursor(sink.name, position);
    else if (position >= stretch.until) replays.shift();
  }

  async function recover(error: Error): Promise<void> {
    await connection?.close();
    connection = null;
    if (ending.signal.aborted) return;
    failures += 1;
    const refused = sink.isRefusal(error);
    // Only the message: an error of a client may carry the command, and with it passwords and text.
    reason = error.message;
    state = refused || failures >= downAfter ? "down" : "connecting";
    if (failures === 1)
      log.warn({ sink: sink.name, reason, refused }, "the event sink is away: events wait in the spool");
    await delay(retryDelayMs(pace, { failures, refused }), undefined, { signal: ending.signal }).catch(() => undefined);
  }

  const held = () => spool.bounds().last - feed.cursor;

  return {
    name: sink.name,
    required,
    start() {
      spool.moveCursor(sink.name, feed.cursor);
      spool.onCommitted(rouse);
      running = run();
    },
    cursor: () => feed.cursor,
    replay(first) {
      const until = feed.cursor;
      const cursor = Math.max(first, spool.bounds().first, 1) - 1;
      if (cursor >= until) return 0;
      replays.push({ cursor, until });
      rouse();
      return until - cursor;
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
      replaying: replays.reduce((sum, { cursor, until }) => sum + ((until ?? 0) - cursor), 0),
      reason,
    }),
    async stop(drainMs) {
      const deadlineMs = clock.monotonicMs() + drainMs;
      while (held() > 0 && state === "connected" && clock.monotonicMs() < deadlineMs) await delay(10);
      ending.abort();
      rouse();
      await connection?.close();
      await running;
      if (held() > 0) log.info({ sink: sink.name, events: held() }, "events wait in the spool for the next start");
      if (state !== "ended") state = "down";
      reason ??= "stopped";
    },
  };
}

const failed = (error: unknown): Delivery => ({
  delivered: 0,
  duplicates: 0,
  stopped: { kind: "failed", error: error instanceof Error ? error : new Error(String(error)) },
});
