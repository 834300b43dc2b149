/** The feed: makes what happens to jobs and to the node into CloudEvents, safe in the spool before any sink has them. */
import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "../core/clock.ts";
import type { Config } from "../core/config.ts";
import { HumError } from "../core/errors.ts";
import type { Job, JobEvent, JobObserver } from "../core/job.ts";
import type { Log } from "../core/log.ts";
import type { Metrics } from "../core/metrics.ts";
import type { SinkStatus } from "../core/readiness.ts";
import { createAlarm } from "./alarm.ts";
import { sealBounded } from "./bound.ts";
import {
  type BenchmarkEventName,
  type EventData,
  type EventName,
  type SystemEventName,
  streamOf,
} from "./catalogue.ts";
import type { EventFacts } from "./envelope.ts";
import { createPump, type PumpReport } from "./pump.ts";
import { createRetention } from "./retention.ts";
import type { RetryPace } from "./retry.ts";
import type { SealedEvent, Sink } from "./sink.ts";
import type { Draft, JobMark, OpenJob, Spool } from "./spool/spool.ts";
import { describe, describeEnd, type TranscriptionEvent } from "./transcription.ts";

export interface Feed {
  /** Resolves when the event is safe; rejects with HumError `overloaded` where it cannot be made so. Never throws. */
  readonly observe: JobObserver;
  /** `subjectId` names the model, slot, node or sink that the event is about. Never throws. */
  system<Name extends SystemEventName>(name: Name, subjectId: string, data: EventData<Name>): void;
  /** As `system`, of a benchmark's run: all its events stay in order. */
  benchmark<Name extends BenchmarkEventName>(name: Name, runId: string, data: EventData<Name>): void;
  /** Why an event could not be kept now; null where all is well. */
  trouble(): string | null;
  /** Throws HumError `overloaded` where there is trouble: no work may begin that could not be told of. */
  admit(): void;
  /** The terminal event of jobs of an earlier life that have none, except for those that will be run again. */
  endInterrupted(isRunAgain: (job: OpenJob) => boolean): void;
  /** That of one of them. */
  interrupt(job: OpenJob): void;
  /** The terminal event of a job that has no other here. Resolves and rejects as `observe` does. */
  end(job: JobOrigin, ending: { attempt: number; error: HumError }): Promise<void>;
  /** Sends a sink again what lies from a position on. Null where there is no such sink. */
  replay(sink: string, first: number): { events: number } | null;
  /** Called with each ephemeral event, until the returned function is. */
  onEphemeral(listener: (event: SealedEvent) => void): () => void;
  health(): SinkStatus[];
  /** Events that some sink still waits for. */
  depth(): number;
  start(): void;
  stop(drainMs: number): Promise<void>;
}

/** What is known of a job that may never have come to be one. */
export type JobOrigin = Pick<Job, "id" | "requestId" | "causationId" | "traceparent" | "signal">;

/** A sink, and what it gets. */
export interface Subscription {
  sink: Sink;
  types: readonly string[];
  required: boolean;
}

export interface FeedOptions {
  config: Pick<Config, "events">;
  clock: Clock;
  log: Log;
  metrics: Pick<Metrics, "events" | "eventsHeld" | "eventsOldest" | "spoolBytes">;
  spool: Spool;
  subscriptions: readonly Subscription[];
  pace?: RetryPace;
}

type Facts<Name extends EventName> = Omit<EventFacts<Name>, "source" | "sequence" | "wallMs">;

export function createFeed(options: FeedOptions): Feed {
  const { config, clock, log, metrics, spool } = options;
  const ended = new WeakSet<Job>();
  /** Of jobs that have started: media tells it only when it is decoded. */
  const durations = new WeakMap<Job, number>();
  const listeners = new Set<(event: SealedEvent) => void>();
  const pumps = options.subscriptions.map((subscription) =>
    createPump({ ...subscription, ...pumpParts(subscription.sink.name) }),
  );
  const retention = createRetention({ config, clock, log, spool, pumps });
  const alarm = createAlarm({ spool, pumps, metrics, tell });

  function pumpParts(sink: string) {
    const count = (result: string, events: number) => metrics.events.inc({ sink, result }, events);
    const dropped: PumpReport["dropped"] = ({ events, first, last, reason }) => {
      log.error({ sink, events, first, last, reason }, "the event sink will not get some events");
      tell("delivery.dropped", sink, { sink, events, first_position: first, last_position: last });
    };
    const pace = options.pace === undefined ? {} : { pace: options.pace };
    return { spool, clock, log, report: { count, dropped }, ...pace };
  }

  function publish<Name extends EventName>(facts: Facts<Name>, mark: JobMark | null): Promise<void> {
    const stream = streamOf(facts.name);
    return spool.append(stream, (place) => draftOf(facts, { ...place, mark }));
  }

  function draftOf<Name extends EventName>(
    facts: Facts<Name>,
    { mark, ...place }: { source: string; sequence: number; mark: JobMark | null },
  ): Draft {
    const wallMs = clock.wallMs();
    const { event, json } = sealBounded({ ...facts, ...place, wallMs });
    const whole = event.data === facts.data ? null : JSON.stringify(facts.data);
    const { id, type, partitionkey: partitionKey } = event;
    return { name: facts.name, id, type, partitionKey, wallMs, json, whole, mark };
  }

  /** Fast and never kept: to whoever listens now. */
  function announce<Name extends EventName>(facts: Facts<Name>): void {
    const stream = streamOf(facts.name);
    const source = spool.source(stream);
    const { event, json } = sealBounded({ ...facts, source, sequence: null, wallMs: clock.wallMs() });
    const { id, type, partitionkey: partitionKey } = event;
    const sealed = { stream, name: facts.name, id, type, source, sequence: 0, partitionKey, json };
    for (const pump of pumps) pump.announce(sealed);
    for (const listener of listeners) listener(sealed);
  }

  /** A feed in trouble must not touch what it tells of. */
  async function safely(subject: string, tell: () => Promise<void>): Promise<void> {
    try {
      await tell();
    } catch (error) {
      if (error instanceof HumError) throw error;
      log.error({ err: error, subject }, "an event could not be published");
      throw new HumError("internal", "an event could not be published", { stage: "deliver", cause: error });
    }
  }

  function tell<Name extends EventName>(name: Name, subjectId: string, data: EventData<Name>): void {
    safely(subjectId, () => publish({ name, subjectId, requestId: null, data }, null)).catch(() => undefined);
  }

  async function observe(job: Job, event: JobEvent): Promise<void> {
    if (ended.has(job)) {
      log.warn({ job: job.id, event: event.type }, "dropped an event that came after the job's end");
      return;
    }
    if (event.type === "done" || event.type === "failed") ended.add(job);
    if (event.type === "started") durations.set(job, event.duration_s);
    const about = aboutOf(job);
    await safely(job.id, () => {
      const told: TranscriptionEvent = describe(job, event);
      if (event.type === "segment") announceProgress(job, event.segment.end, about);
      return publish({ ...told, ...about }, markOf(job, event));
    });
  }

  function end(job: JobOrigin, { attempt, error }: { attempt: number; error: HumError }): Promise<void> {
    const told = () => publish({ ...describeEnd(job, { attempt, error }), ...aboutOf(job) }, { kind: "ended" });
    return safely(job.id, told);
  }

  function interrupt({ jobId, requestId, causationId, attempt }: OpenJob): void {
    const message = "the node ended before this job did; send the request again";
    const error = new HumError("interrupted", message, { stage: attempt > 0 ? "transcribe" : "admission" });
    const origin = { id: jobId, requestId, causationId, traceparent: null, signal: never };
    end(origin, { attempt, error }).catch(() => undefined);
  }

  function announceProgress(
    job: Job,
    end: number,
    about: Omit<Facts<"transcription.progress">, "name" | "data">,
  ): void {
    const durationS = durations.get(job);
    if (durationS === undefined) return;
    const data = {
      request_id: job.requestId,
      job_id: job.id,
      processed_s: Math.min(end, durationS),
      total_s: durationS,
    };
    announce({ name: "transcription.progress", ...about, data });
  }

  const trouble = () => spool.failure() ?? retention.fullness();

  return {
    observe,
    system: tell,
    benchmark: tell,
    trouble,
    admit() {
      const reason = trouble();
      if (reason === null) return;
      throw new HumError("overloaded", `events cannot be kept (${reason}), so no work is taken; try again later`);
    },
    endInterrupted(isRunAgain) {
      for (const job of spool.openJobs) if (!isRunAgain(job)) interrupt(job);
    },
    interrupt,
    end,
    replay(sink, first) {
      const pump = pumps.find(({ name }) => name === sink);
      return pump === undefined ? null : { events: pump.replay(first) };
    },
    onEphemeral(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    health: () => pumps.map((pump) => pump.health()),
    depth: () => Math.max(0, ...pumps.map((pump) => pump.health().held)),
    start() {
      for (const pump of pumps) pump.start();
      retention.start();
      alarm.start();
    },
    async stop(drainMs) {
      alarm.stop();
      await retention.stop();
      await untilWritten(spool, drainMs);
      await Promise.all(pumps.map((pump) => pump.stop(drainMs)));
    },
  };
}

async function untilWritten(spool: Spool, drainMs: number): Promise<void> {
  const deadlineMs = performance.now() + drainMs;
  while (spool.waiting() > 0 && spool.failure() === null && performance.now() < deadlineMs) await delay(2);
}

const never = new AbortController().signal;

/** What the envelope says of whose event it is. */
const aboutOf = ({ id, requestId, causationId, traceparent }: JobOrigin) => ({
  subjectId: id,
  requestId,
  causationId,
  traceparent,
});

/** What an event says of its job: the spool keeps which jobs have no end yet. */
function markOf(job: Job, event: JobEvent): JobMark | null {
  switch (event.type) {
    case "queued":
      return { kind: "requested", requestId: job.requestId, causationId: job.causationId };
    case "started":
      return { kind: "started", attempt: event.attempt };
    case "done":
    case "failed":
      return { kind: "ended" };
    default:
      return null;
  }
}
