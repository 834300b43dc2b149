/** Carries out commands: each is answered by exactly one end, and only then let go of. */
import { setTimeout as delay } from "node:timers/promises";
import { HumError } from "../core/errors.ts";
import type { Metrics } from "../core/metrics.ts";
import type { Spool } from "../events/spool/spool.ts";
import type { Cancellations } from "./cancellations.ts";
import { type Origin, readCommand } from "./command.ts";
import type { Gate, Outcome, Passage, Told } from "./gate.ts";
import type { Bus, Hold } from "./intake.ts";
import { type PerformOptions, perform } from "./perform.ts";
import { deadlineMsOf } from "./request.ts";
import type { Delivery, SourceConnection } from "./source.ts";

export interface CarryOutOptions extends PerformOptions {
  metrics: Pick<Metrics, "commands">;
  spool: Pick<Spool, "isEnded" | "forget">;
  gate: Gate;
  cancellations: Cancellations;
  /** What an earlier life of this node has told of a job that it had begun; null for other jobs. */
  toldOf(jobId: string): Told | null;
}

export interface At {
  source: string;
  bus: Bus;
  hold: Hold;
}

interface Answer extends At {
  origin: Origin;
  /** Resolves when the job has ended, rejects with the HumError that is its end. */
  work(abandoned: AbortSignal): Promise<void>;
  /** How the bus hears that it is done with. */
  letGo(connection: SourceConnection): Promise<void>;
}

type Result = "done" | "failed" | "cancelled" | "repeated" | "lost" | "returned";

const pauseMs = 1_000;
const unsafeMs = 250;

/** Resolves when the command is done with; never rejects, but where the bus is let go of first. */
export type CarryOut = (delivery: Delivery, at: At) => Promise<void>;

export function createCarryOut(options: CarryOutOptions): CarryOut {
  const { config, clock, log, metrics, spool, gate, cancellations, closing } = options;
  /** By job, until it is done with: the same command may come twice. */
  const begun = new Map<string, Promise<unknown>>();

  async function carryOut(delivery: Delivery, at: At): Promise<void> {
    const reading = readCommand(delivery.text);
    const { source, bus } = at;
    if (reading.kind === "cancel") {
      const found = cancellations.hear(reading.command.data, delivery.sentMs);
      log.debug({ source, found }, "a cancellation came");
      await bus.ask((connection) => connection.finish(delivery.key, { isFollowed: true }));
      return count(source, "cancel");
    }
    if (reading.kind === "unreadable") {
      return setAside(delivery, { ...at, origin: reading.origin, error: new HumError("bad_request", reading.reason) });
    }
    const { command, origin } = reading;
    const deadlineMs = deadlineMsOf(command.data, clock);
    const result = await answer(delivery, {
      ...at,
      origin,
      work: (abandoned) => perform({ command, origin, deadlineMs, abandoned }, options),
      letGo: (connection) => connection.finish(delivery.key, { isFollowed: false }),
    });
    count(source, result);
  }

  /** Where somebody waits for an answer, it is told too. */
  async function setAside(delivery: Delivery, about: At & { origin: Origin | null; error: HumError }): Promise<void> {
    const { origin, error, bus, source } = about;
    const letGo = (connection: SourceConnection) => putAside(connection, { delivery, error, source });
    if (origin === null) await bus.ask(letGo);
    else count(source, await answer(delivery, { ...about, origin, letGo, work: () => Promise.reject(error) }));
  }

  async function putAside(
    connection: SourceConnection,
    { delivery, error, source }: { delivery: Delivery; error: HumError; source: string },
  ): Promise<void> {
    await connection.setAside(delivery, error.message);
    log.warn({ source, key: delivery.key, reason: error.message }, "a command was set aside");
    count(source, "set_aside");
  }

  async function answer(delivery: Delivery, about: Answer): Promise<Result> {
    const { origin, hold } = about;
    hold.keep(origin.id, () => undefined);
    const { standing, begun: times } = await untilClear(delivery, about);
    // Who has it goes on, or gives no more signs of life and then loses it to somebody.
    if (standing === "elsewhere" || standing === "busy") return "lost";
    // The answer to it is that to the first.
    if (standing === "repeated") return done(about, "repeated");
    for (let first = begun.get(origin.id); first !== undefined; first = begun.get(origin.id)) await first;
    const answered = answerAlone(delivery, { ...(wornOut(delivery, { ...about, times }) ?? about), times });
    begun.set(
      origin.id,
      answered.catch(() => undefined),
    );
    return answered.finally(() => begun.delete(origin.id));
  }

  async function untilClear(delivery: Delivery, { bus, origin }: Answer) {
    for (;;) {
      const answer = await bus.ask((connection) => connection.begin(delivery, origin.id));
      if (answer.standing !== "busy" || closing.aborted) return answer;
      await delay(pauseMs, undefined, { signal: closing }).catch(() => undefined);
    }
  }

  /** One that was begun too often without an end is not begun again. */
  function wornOut(delivery: Delivery, about: Answer & { times: number }): Answer | null {
    const { times, source } = about;
    const { max_deliveries: most } = config.commands;
    if (times <= most) return null;
    const message = `it was begun ${times - 1} times, and no time came to an end; at most ${most} are tried`;
    const error = new HumError("interrupted", message, { retryable: false });
    const letGo = (connection: SourceConnection) => putAside(connection, { delivery, error, source });
    return { ...about, letGo, work: () => Promise.reject(error) };
  }

  async function answerAlone(delivery: Delivery, about: Answer & { times: number }): Promise<Result> {
    const { origin, bus, hold, times } = about;
    const held = { key: delivery.key, jobId: origin.id };
    if (await spool.isEnded(origin.id)) return done(about, "repeated");
    const abandoned = new AbortController();
    const { id: jobId, requestId, causationId: commandId } = origin;
    const unwatch = cancellations.watch({ jobId, requestId, commandId, sentMs: delivery.sentMs }, abandoned);
    const claimEnd = () => bus.ask((connection) => connection.claimEnd(held));
    // Another node has told of as many attempts at least as it was given the command.
    let told = options.toldOf(origin.id) ?? { attempts: times - 1, isRequested: false };
    try {
      for (;;) {
        const passage = gate.open(origin.id, { ...told, claimEnd });
        hold.keep(origin.id, () => {
          passage.lose();
          abandoned.abort(new HumError("cancelled", "another node has taken the command over"));
        });
        const outcome = await attempt(passage, { ...about, abandoned: abandoned.signal });
        told = passage.told();
        if (outcome.kind === "told") return (await untilSafe(origin.id)) ? done(about, resultOf(outcome)) : "returned";
        if (outcome.kind === "lost") return lost(origin.id);
        if (closing.aborted) return await giveBack(delivery, about);
        await delay(pauseMs, undefined, { signal: AbortSignal.any([closing, abandoned.signal]) }).catch(
          () => undefined,
        );
      }
    } finally {
      unwatch();
    }
  }

  async function attempt(passage: Passage, about: Answer & { abandoned: AbortSignal }): Promise<Outcome> {
    const { origin, work, abandoned } = about;
    const working = work(abandoned).catch(async (thrown) => {
      await passage.refuse({ ...origin, signal: abandoned }, presentable(thrown, origin));
    });
    await working.catch(() => undefined);
    return passage.close();
  }

  /** Our own words, and nothing of an unexpected exception's. */
  function presentable(thrown: unknown, { id }: Origin): HumError {
    if (thrown instanceof HumError && thrown.code !== "internal") return thrown;
    log.error({ err: thrown, job: id }, "a command could not be carried out");
    return new HumError("internal", `this node failed unexpectedly; its log has the cause under job ${id}`);
  }

  async function done({ bus, letGo }: Answer, result: Result): Promise<Result> {
    await bus.ask(letGo);
    return result;
  }

  async function lost(jobId: string): Promise<Result> {
    await spool.forget(jobId).catch(() => undefined);
    return "lost";
  }

  async function giveBack(delivery: Delivery, { bus, origin }: Answer): Promise<Result> {
    await bus.ask((connection) => connection.giveBack(delivery, origin.id));
    return "returned";
  }

  /** A disk that fails now keeps it waiting: what is not safe yet will be once it can be. False where the node ends first. */
  async function untilSafe(jobId: string): Promise<boolean> {
    while (!(await spool.isEnded(jobId).catch(() => false))) {
      if (closing.aborted) return false;
      await delay(unsafeMs, undefined, { signal: closing }).catch(() => undefined);
    }
    return true;
  }

  function count(source: string, result: Result | "cancel" | "set_aside"): void {
    metrics.commands.inc({ source, result });
  }

  return carryOut;
}

function resultOf({ result }: Extract<Outcome, { kind: "told" }>): Result {
  return result === "done" || result === "cancelled" ? result : "failed";
}
