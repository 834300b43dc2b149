/** Jobs that arrive over a bus: an intake for each bus that commands are read from, and what an earlier life left to them. */
import { setTimeout as delay } from "node:timers/promises";
import type { Config } from "../core/config.ts";
import type { SourceStatus } from "../core/readiness.ts";
import type { Feed } from "../events/feed.ts";
import type { RetryPace } from "../events/retry.ts";
import type { OpenJob } from "../events/spool/spool.ts";
import type { Scheduler } from "../jobs/scheduler.ts";
import { createCancellations } from "./cancellations.ts";
import { type CarryOutOptions, createCarryOut } from "./carry-out.ts";
import { readCommand } from "./command.ts";
import { createEarlierJobs } from "./earlier-jobs.ts";
import { createIntake } from "./intake.ts";
import type { CommandSource, Delivery } from "./source.ts";

export interface Ingress {
  start(): void;
  status(): SourceStatus[];
  /**
   * Begins nothing more, and gives back what could not be begun. What was begun has `graceMs` to end; then the buses are
   * let go of, and what is left goes on in the next life or in another node.
   */
  stop(graceMs: number): Promise<void>;
}

type Given = Omit<CarryOutOptions, "cancellations" | "closing" | "toldOf" | "config" | "submit">;

export interface IngressOptions extends Given {
  config: Pick<Config, "commands" | "http" | "decoder">;
  sources: readonly CommandSource[];
  scheduler: Pick<Scheduler, "submit" | "jobs" | "cancel" | "admit">;
  feed: Pick<Feed, "interrupt">;
  /** Jobs of an earlier life that came by a command and have no terminal event. */
  openJobs: readonly OpenJob[];
  /** Jobs that engines can run at a time. */
  engineRoom(): number;
  pace?: RetryPace;
}

export function createIngress(options: IngressOptions): Ingress {
  const { config, clock, log, sources, scheduler, pace } = options;
  const { claim_idle_s, max_in_work } = config.commands;
  const closing = new AbortController();
  const cancellations = createCancellations({ jobs: scheduler, clock });
  const earlier = createEarlierJobs(options);
  const { submit } = scheduler;
  const carryOut = createCarryOut({
    ...options,
    submit,
    cancellations,
    toldOf: earlier.toldOf,
    closing: closing.signal,
  });

  function follow({ text, sentMs }: Pick<Delivery, "text" | "sentMs">): void {
    // Most of what comes is no cancellation, and may hold a megabyte of audio.
    if (!text.includes("transcription.cancel")) return;
    const reading = readCommand(text);
    if (reading.kind === "cancel") cancellations.hear(reading.command.data, sentMs);
  }

  const intakes = sources.map((source) =>
    createIntake({
      source,
      log,
      // At least one: before the first engine is ready nothing is known.
      capacity: () => max_in_work || Math.max(1, 2 * options.engineRoom()),
      admit: scheduler.admit,
      onOpen: (connection) => earlier.settle(source.name, connection),
      carryOut: (delivery, at) =>
        carryOut(delivery, { ...at, source: source.name }).catch((error) => {
          // The bus has it still, and gives it again.
          if (!closing.signal.aborted) log.error({ err: error, source: source.name }, "a command was not carried out");
        }),
      onFollowed: follow,
      holdMs: (claim_idle_s * 1000) / 3,
      ...(pace === undefined ? {} : { pace }),
    }),
  );

  return {
    start() {
      for (const intake of intakes) intake.start();
    },
    status: () => intakes.map((intake) => intake.status()),
    async stop(graceMs) {
      closing.abort();
      const patience = new AbortController();
      const closed = Promise.all(intakes.map((intake) => intake.close())).finally(() => patience.abort());
      await Promise.race([closed, delay(graceMs, undefined, { signal: patience.signal }).catch(() => undefined)]);
      await Promise.all(intakes.map((intake) => intake.stop()));
    },
  };
}
