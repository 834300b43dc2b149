/** The feed: turns what happens to jobs and to the node into numbered CloudEvents and hands them to every sink. */
import { randomUUIDv7 } from "node:crypto";
import type { Clock } from "../core/clock.ts";
import type { Config } from "../core/config.ts";
import type { Job, JobObserver } from "../core/job.ts";
import type { Log } from "../core/log.ts";
import type { Metrics } from "../core/metrics.ts";
import type { SinkStatus } from "../core/readiness.ts";
import { type EventData, type EventName, type StreamName, type SystemEventName, streamOf } from "./catalogue.ts";
import { type EventFacts, seal } from "./envelope.ts";
import type { SealedEvent, Sink, SinkReport } from "./sink.ts";
import { describe } from "./transcription.ts";

export interface Feed {
  /** Fast, and never throws. */
  readonly observe: JobObserver;
  /** `subjectId` names the model, slot, node or sink that the event is about. */
  system<Name extends SystemEventName>(name: Name, subjectId: string, data: EventData<Name>): void;
  health(): SinkStatus[];
  start(): void;
  stop(drainMs: number): Promise<void>;
}

export interface FeedOptions {
  config: Pick<Config, "events">;
  clock: Clock;
  log: Log;
  metrics: Pick<Metrics, "events" | "eventsHeld">;
  sinks: readonly Sink[];
}

export function createFeed(options: FeedOptions): Feed {
  const { clock, log, metrics, sinks } = options;
  const { node } = options.config.events;
  const numbering = createNumbering(node);
  const ended = new WeakSet<Job>();

  function publish<Name extends EventName>(facts: Omit<EventFacts<Name>, "source" | "sequence" | "wallMs">): void {
    const stream = streamOf(facts.name);
    const { source, sequence } = numbering.next(stream);
    const event = seal({ ...facts, source, sequence, wallMs: clock.wallMs() });
    const { id, type, partitionkey: partitionKey } = event;
    const json = JSON.stringify(event);
    const sealed: SealedEvent = { stream, name: facts.name, id, type, source, sequence, partitionKey, json };
    for (const sink of sinks) sink.deliver(sealed);
  }

  /** A feed in trouble must not touch what it tells of. */
  function safely(subject: string, tell: () => void): void {
    try {
      tell();
    } catch (error) {
      log.error({ err: error, subject }, "an event could not be published");
    }
  }

  const reportFor = (sink: string): SinkReport => ({
    count: (result, events) => metrics.events.inc({ sink, result }, events),
    held: (events) => metrics.eventsHeld.set({ sink }, events),
    forgot: (source) => {
      const epoch = numbering.renew(source);
      if (epoch !== null) log.warn({ sink, epoch }, "the bus has lost events it had stored: a new epoch begins");
    },
  });

  return {
    observe: (job, event) => {
      if (ended.has(job)) {
        log.warn({ job: job.id, event: event.type }, "dropped an event that came after the job's end");
        return;
      }
      if (event.type === "done" || event.type === "failed") ended.add(job);
      safely(job.id, () => publish({ ...describe(job, event), subjectId: job.id, requestId: job.requestId }));
    },
    system: (name, subjectId, data) => safely(subjectId, () => publish({ name, subjectId, requestId: null, data })),
    health: () => sinks.map((sink) => sink.health()),
    start: () => {
      for (const sink of sinks) sink.start(reportFor(sink.name));
    },
    stop: async (drainMs) => {
      await Promise.all(sinks.map((sink) => sink.stop(drainMs)));
    },
  };
}

/** Sources and their sequences: one epoch for each life of the control plane, and a new one when a bus forgets. */
function createNumbering(node: string) {
  let epoch = randomUUIDv7();
  const sequences = new Map<StreamName, number>();
  const sourceOf = (stream: StreamName) => `/humhelix/${node}/${epoch}/${stream}`;

  return {
    next(stream: StreamName) {
      const sequence = (sequences.get(stream) ?? 0) + 1;
      sequences.set(stream, sequence);
      return { source: sourceOf(stream), sequence };
    },
    /** The new epoch, or null where `source` is of an epoch that has ended already. */
    renew(source: string): string | null {
      if (source.split("/")[3] !== epoch) return null;
      epoch = randomUUIDv7();
      sequences.clear();
      return epoch;
    },
  };
}
