/** An intake: takes commands from one bus, as many as there is room for, and keeps hold of them until they are done with. */
import { setTimeout as delay } from "node:timers/promises";
import type { Log } from "../core/log.ts";
import type { SourceStatus } from "../core/readiness.ts";
import { toError } from "../core/to-error.ts";
import { defaultPace, type RetryPace, retryDelayMs } from "../events/retry.ts";
import type { CommandSource, Delivery, Held, SourceConnection } from "./source.ts";

/** The bus, whatever becomes of single connections to it. */
export interface Bus {
  /** Waits for a connection; asks again over the next one where one fails. Rejects once the intake has ended. */
  ask<Answer>(question: (connection: SourceConnection) => Promise<Answer>): Promise<Answer>;
}

/** A command in work: who carries it out says which job it is, and hears that another node has taken it over. */
export interface Hold {
  keep(jobId: string, onLost: () => void): void;
}

export interface IntakeOptions {
  source: CommandSource;
  log: Log;
  /** Commands that may be in work at a time. */
  capacity(): number;
  /** Throws where nothing can be begun now. */
  admit(): void;
  /** Each time a connection was made, before anything is taken. */
  onOpen(connection: SourceConnection): Promise<void>;
  /** Resolves when the command is done with, whatever came of it; never rejects. */
  carryOut(delivery: Delivery, at: { bus: Bus; hold: Hold }): Promise<void>;
  onFollowed(heard: Pick<Delivery, "text" | "sentMs">): void;
  /** How often a sign of life is given. */
  holdMs: number;
  pace?: RetryPace;
}

export interface Intake {
  start(): void;
  status(): SourceStatus;
  /** Takes no more; resolves when what is in work is done with, or given back. */
  close(): Promise<void>;
  /** Lets go of the bus. */
  stop(): Promise<void>;
}

interface Work extends Held {
  onLost: () => void;
}

/** Failures in a row after which a source is not merely between two connections. */
const downAfter = 3;
const noRoomMs = 100;

export function createIntake(options: IntakeOptions): Intake {
  const { source, log, pace = defaultPace } = options;
  const closing = new AbortController();
  const ending = new AbortController();
  /** By key; null until it is known which job it is. */
  const inWork = new Map<string, Work | null>();
  const running = new Set<Promise<void>>();
  let connection: SourceConnection | null = null;
  let connected = Promise.withResolvers<SourceConnection>();
  connected.promise.catch(() => undefined);
  let state: SourceStatus["state"] = "connecting";
  let reason: string | null = null;
  let failures = 0;
  /** The last failure. */
  let noted: Error | null = null;
  let waiting: number | null = null;
  let timer: NodeJS.Timeout | null = null;
  let ended: Promise<void> = Promise.resolve();
  /** Something is done with: there is room again. */
  let roomMade = Promise.withResolvers<void>();

  const bus: Bus = {
    async ask(question) {
      for (;;) {
        ending.signal.throwIfAborted();
        const asked = connection ?? (await connected.promise);
        try {
          return await question(asked);
        } catch (error) {
          if (asked === connection) await fail(asked, toError(error));
        }
      }
    },
  };

  /** Nothing is asked over it again: the next one is opened in its turn. */
  async function fail(failed: SourceConnection, error: Error): Promise<void> {
    if (connection !== failed) return;
    connection = null;
    connected = Promise.withResolvers();
    connected.promise.catch(() => undefined);
    if (ending.signal.aborted) connected.reject(ending.signal.reason);
    note(error);
    await failed.close();
  }

  function note(error: Error): void {
    if (noted === error || ending.signal.aborted) return;
    noted = error;
    failures += 1;
    const refused = source.isRefusal(error);
    // Only the message: an error of a client may carry the command, and with it audio.
    reason = error.message;
    state = refused || failures >= downAfter ? "down" : "connecting";
    if (failures === 1) log.warn({ source: source.name, reason, refused }, "the source of commands is away");
  }

  async function run(): Promise<void> {
    while (!ending.signal.aborted) {
      const opened = await open().catch((error) => note(toError(error)));
      if (opened !== undefined) await serve(opened).catch((error) => fail(opened, toError(error)));
      await rest();
    }
  }

  async function open(): Promise<SourceConnection> {
    const opened = await source.open(ending.signal);
    try {
      ending.signal.throwIfAborted();
      opened.follow?.(options.onFollowed);
      await options.onOpen(opened);
      await giveSigns(opened);
    } catch (error) {
      await opened.close();
      throw error;
    }
    connection = opened;
    connected.resolve(opened);
    return opened;
  }

  /** Returns or throws when the connection ends. */
  async function serve(to: SourceConnection): Promise<void> {
    const gone = to.closed.then((error) => {
      throw error;
    });
    gone.catch(() => undefined);
    while (!ending.signal.aborted) {
      if (connection !== to) return;
      const limit = room();
      if (limit <= 0) {
        await Promise.race([roomMade.promise, delay(noRoomMs), gone]);
        continue;
      }
      const deliveries = await Promise.race([to.take({ limit, held: new Set(inWork.keys()) }), gone]);
      settle();
      for (const delivery of deliveries) begin(delivery);
    }
  }

  function room(): number {
    if (closing.signal.aborted) return 0;
    const free = options.capacity() - inWork.size;
    if (free <= 0) return 0;
    try {
      options.admit();
      return free;
    } catch {
      return 0;
    }
  }

  function settle(): void {
    if (state === "connected") return;
    if (failures > 0) log.info({ source: source.name }, "commands are read again");
    state = "connected";
    reason = null;
    failures = 0;
  }

  function begin(delivery: Delivery): void {
    const { key } = delivery;
    if (inWork.has(key)) return;
    inWork.set(key, null);
    const hold: Hold = { keep: (jobId, onLost) => void inWork.set(key, { key, jobId, onLost }) };
    const work = options.carryOut(delivery, { bus, hold }).finally(() => {
      inWork.delete(key);
      running.delete(work);
      roomMade.resolve();
      roomMade = Promise.withResolvers();
    });
    running.add(work);
  }

  /** What another node has taken over is let go of. */
  async function giveSigns(to: SourceConnection): Promise<void> {
    const held = [...inWork.values()].filter((work) => work !== null);
    if (held.length > 0) for (const key of await to.hold(held)) inWork.get(key)?.onLost();
    waiting = await to.waiting();
  }

  function tick(): void {
    const current = connection;
    if (current === null) return;
    giveSigns(current).catch((error) => fail(current, toError(error)));
  }

  async function rest(): Promise<void> {
    if (ending.signal.aborted) return;
    const refused = noted !== null && source.isRefusal(noted);
    const delayMs = retryDelayMs(pace, { failures: Math.max(1, failures), refused });
    await delay(delayMs, undefined, { signal: ending.signal }).catch(() => undefined);
  }

  return {
    start() {
      ended = run();
      timer = setInterval(tick, options.holdMs);
      timer.unref();
    },
    status: () => ({ source: source.name, state, in_work: inWork.size, waiting, reason }),
    async close() {
      closing.abort();
      while (running.size > 0) await Promise.all(running);
    },
    async stop() {
      closing.abort();
      if (timer !== null) clearInterval(timer);
      ending.abort(new Error("the node ends"));
      connected.reject(ending.signal.reason);
      await connection?.close();
      await ended;
      while (running.size > 0) await Promise.all(running);
      state = "down";
      reason ??= "stopped";
    },
  };
}
