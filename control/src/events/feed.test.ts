import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { memorySink, openFeedRig } from "../../test/feed-rig.ts";
import { testJob } from "../../test/job.ts";
import { HumError } from "../core/errors.ts";

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "hum-feed-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

const job = (id: string) => testJob(id, { priority: "batch" });
const failure = { type: "failed" as const, attempt: 1, error: new HumError("deadline", "too late") };
const started = (slot: string) => ["sidecar.started", slot, { slot, pid: 1 }] as const;

test("each stream counts its own events from one without a gap", async () => {
  const { sink, events } = memorySink("memory");
  const rig = await openFeedRig(dir, { sinks: [sink] });
  for (let index = 0; index < 3; index += 1) {
    void rig.feed.observe(job(`job-${index}`), { type: "queued", position: 0 });
    rig.feed.system(...started("slot"));
  }
  await rig.close(5_000);
  for (const stream of ["transcription", "system"]) {
    expect(events.filter((event) => event.stream === stream).map((event) => event.sequence)).toEqual([1, 2, 3]);
  }
  expect(new Set(events.map((event) => event.source)).size).toBe(2);
  for (const { id, source, partitionKey, json } of events) {
    expect(JSON.parse(json)).toMatchObject({ id, source, partitionkey: partitionKey });
  }
});

test("the next life of a node goes on with the sequences of the last", async () => {
  const { sink, events } = memorySink("memory");
  for (let life = 0; life < 3; life += 1) {
    const rig = await openFeedRig(dir, { sinks: [sink] });
    rig.feed.system(...started("slot"));
    await rig.close(5_000);
  }
  expect(events.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
  expect(new Set(events.map(({ source }) => source)).size).toBe(1);
});

test("another name of the node begins sequences of its own", async () => {
  const { sink, events } = memorySink("memory");
  for (const node of ["one", "two"]) {
    const rig = await openFeedRig(dir, { sinks: [sink], node });
    rig.feed.system(...started("slot"));
    await rig.close(5_000);
  }
  expect(events.map(({ sequence }) => sequence)).toEqual([1, 1]);
  expect(events.map(({ source }) => source.split("/")[2])).toEqual(["one", "two"]);
});

test("a job ends once: what comes after its terminal event is not told", async () => {
  const { sink, events } = memorySink("memory");
  const rig = await openFeedRig(dir, { sinks: [sink] });
  const ending = job("job-1");
  await rig.feed.observe(ending, { type: "queued", position: 0 });
  await rig.feed.observe(ending, failure);
  await rig.feed.observe(ending, failure);
  await rig.feed.observe(ending, { type: "queued", position: 0 });
  await rig.feed.observe(job("job-2"), failure);
  await rig.close(5_000);
  expect(events.map((event) => `${event.name} ${event.partitionKey}`)).toEqual([
    "transcription.requested job-1",
    "transcription.failed job-1",
    "transcription.failed job-2",
  ]);
});

test("an event is safe on disk when its promise resolves, though no sink has it", async () => {
  const deaf = memorySink("deaf", { deliver: () => new Promise(() => undefined) });
  const rig = await openFeedRig(dir, { sinks: [deaf.sink] });
  await rig.feed.observe(job("job-1"), { type: "queued", position: 0 });
  const { events } = await rig.spool.read({
    after: 0,
    limit: 10,
    maxCharacters: 1_000_000,
    patterns: ["*"],
    jobId: null,
  });
  expect(events.map(({ name }) => name)).toEqual(["transcription.requested"]);
  void rig.close();
});

test("a job that an earlier life left without an end gets one, once", async () => {
  const { sink, events } = memorySink("memory");
  const first = await openFeedRig(dir, { sinks: [] });
  await first.feed.observe(job("left"), { type: "queued", position: 0 });
  await first.feed.observe(job("ended"), { type: "queued", position: 0 });
  await first.feed.observe(job("ended"), failure);
  await first.close();
  for (let life = 0; life < 2; life += 1) {
    const rig = await openFeedRig(dir, { sinks: [sink] });
    rig.feed.endInterrupted(() => false);
    await rig.close(5_000);
  }
  expect(events.map(({ name, partitionKey }) => `${name} ${partitionKey}`)).toEqual(["transcription.failed left"]);
  expect(JSON.parse(events[0]?.json ?? "")).toMatchObject({
    correlationid: "left",
    data: { error: { code: "interrupted", retryable: true } },
  });
});

test("a sink that throws does not reach the job", async () => {
  const broken = memorySink("broken", {
    deliver: () => {
      throw new Error("a sink that breaks its promise");
    },
  });
  const rig = await openFeedRig(dir, { sinks: [broken.sink] });
  await expect(rig.feed.observe(job("job-1"), failure)).resolves.toBeUndefined();
  await vi.waitFor(() => expect(rig.feed.health()).toMatchObject([{ state: "down", held: 1 }]));
  await rig.close();
});

test("progress is announced to whoever listens, takes no number, and is not kept", async () => {
  const { sink, events, announced } = memorySink("memory");
  const rig = await openFeedRig(dir, { sinks: [sink] });
  await vi.waitFor(() => expect(rig.feed.health()).toMatchObject([{ state: "connected" }]));
  const running = job("job-1");
  const model = { name: "base", revision: "r", compute_type: "int8", device: "cpu", engine: "e" };
  await rig.feed.observe(running, { type: "started", attempt: 1, slot: "s", queue_s: 0, duration_s: 4, model });
  const segment = { id: 0, seek: 0, start: 0, end: 2, text: "a", tokens: [], temperature: 0 };
  const scores = { avg_logprob: 0, compression_ratio: 1, no_speech_prob: 0, words: null };
  await rig.feed.observe(running, { type: "segment", attempt: 1, index: 0, segment: { ...segment, ...scores } });
  await rig.close(5_000);
  expect(announced.map(({ json }) => JSON.parse(json))).toMatchObject([{ data: { processed_s: 2, total_s: 4 } }]);
  expect(JSON.parse(announced[0]?.json ?? "")).not.toHaveProperty("sequence");
  expect(events.map(({ name }) => name)).toEqual(["transcription.started", "transcription.segment"]);
});
