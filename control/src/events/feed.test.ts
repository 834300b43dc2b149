import { expect, test } from "vitest";
import { testJob } from "../../test/job.ts";
import { systemClock } from "../core/clock.ts";
import { HumError } from "../core/errors.ts";
import { createLog } from "../core/log.ts";
import { createMetrics } from "../core/metrics.ts";
import { createFeed } from "./feed.ts";
import type { SealedEvent, Sink, SinkReport } from "./sink.ts";

/** A sink that keeps events in memory. */
function memorySink(name: string) {
  const events: SealedEvent[] = [];
  const link: { report: SinkReport | null } = { report: null };
  const sink: Sink = {
    name,
    start: (report) => {
      link.report = report;
    },
    deliver: (event) => void events.push(event),
    health: () => ({ sink: name, state: "connected", held: 0, dropped: 0, reason: null }),
    stop: async () => undefined,
  };
  return { sink, events, link };
}

const brokenSink: Sink = {
  ...memorySink("broken").sink,
  deliver: () => {
    throw new Error("a sink that breaks its promise");
  },
};

function openFeed(sinks: Sink[]) {
  const metrics = createMetrics();
  const redis = {
    url: null,
    embedded_port: 0,
    command_timeout_s: 1,
    max_held: 10,
    retention_s: 60,
  };
  const config = { events: { node: "node-1", redis } };
  const log = createLog({ level: "silent", readable: false });
  const feed = createFeed({ config, clock: systemClock, log, metrics, sinks });
  feed.start();
  return { feed, metrics };
}

const job = (id: string) => testJob(id, { priority: "batch" });

const failure = { type: "failed" as const, attempt: 1, error: new HumError("deadline", "too late") };

test("each stream counts its own events from one without a gap", () => {
  const { sink, events } = memorySink("memory");
  const { feed } = openFeed([sink]);
  for (let index = 0; index < 3; index += 1) {
    feed.observe(job(`job-${index}`), { type: "queued", position: 0 });
    feed.system("sidecar.started", "slot", { slot: "slot", pid: 1 });
  }
  for (const stream of ["transcription", "system"]) {
    expect(events.filter((event) => event.stream === stream).map((event) => event.sequence)).toEqual([1, 2, 3]);
  }
  expect(new Set(events.map((event) => event.source)).size).toBe(2);
  for (const event of events) {
    expect(JSON.parse(event.json)).toMatchObject({
      id: event.id,
      source: event.source,
      partitionkey: event.partitionKey,
    });
  }
});

test("a job ends once: what comes after its terminal event is not told", () => {
  const { sink, events } = memorySink("memory");
  const { feed } = openFeed([sink]);
  const ending = job("job-1");
  feed.observe(ending, { type: "queued", position: 0 });
  feed.observe(ending, failure);
  feed.observe(ending, failure);
  feed.observe(ending, { type: "queued", position: 0 });
  feed.observe(job("job-2"), failure);
  expect(events.map((event) => `${event.name} ${event.partitionKey}`)).toEqual([
    "transcription.requested job-1",
    "transcription.failed job-1",
    "transcription.failed job-2",
  ]);
});

test("a sink that throws does not reach the job", () => {
  const { feed } = openFeed([brokenSink]);
  expect(() => feed.observe(job("job-1"), failure)).not.toThrow();
});

test("an epoch that a bus has forgotten is followed by a new one, once", () => {
  const { sink, events, link } = memorySink("memory");
  const { feed } = openFeed([sink]);
  const tell = () => feed.system("sidecar.started", "slot", { slot: "slot", pid: 1 });
  tell();
  tell();
  const forgotten = events[0]?.source ?? "";
  link.report?.forgot(forgotten);
  link.report?.forgot(forgotten);
  tell();
  tell();
  expect(events.map((event) => event.sequence)).toEqual([1, 2, 1, 2]);
  expect(new Set(events.map((event) => event.source)).size).toBe(2);
});

test("two feeds of one node never share a source", () => {
  const [one, two] = [memorySink("memory"), memorySink("memory")];
  for (const { sink } of [one, two]) openFeed([sink]).feed.observe(job("job-1"), failure);
  expect(one.events[0]?.source).not.toBe(two.events[0]?.source);
});

test("what sinks report is counted by sink", async () => {
  const { sink, link } = memorySink("memory");
  const { feed, metrics } = openFeed([sink]);
  link.report?.count("stored", 3);
  link.report?.held(7);
  expect(await metrics.registry.metrics()).toMatch(
    /hum_events_total\{sink="memory",result="stored"\} 3[\s\S]*hum_events_held\{sink="memory"\} 7/,
  );
  expect(feed.health()).toMatchObject([{ sink: "memory" }]);
});
