import { afterEach, expect, test, vi } from "vitest";
import { HumError } from "../../src/core/errors.ts";
import type { JobEvent } from "../../src/core/job.ts";
import type { Transcript } from "../../src/core/transcript.ts";
import { memorySink } from "../feed-rig.ts";
import { testJob } from "../job.ts";
import { type HttpRig, openHttpRig, segment } from "./http-rig.ts";

let rig: HttpRig;
afterEach(() => rig.close());

const model = { name: "base", revision: "r", compute_type: "int8", device: "cpu", engine: "e" };
const started: JobEvent = { type: "started", attempt: 1, slot: "s", queue_s: 0, duration_s: 4, model };
const segmentEvent = (index: number, text: string): JobEvent => ({
  type: "segment",
  attempt: 1,
  index,
  segment: segment(text),
});
const failed: JobEvent = { type: "failed", attempt: 1, error: new HumError("deadline", "too late") };

const transcript = (text: string): Transcript => ({
  text,
  task: "transcribe",
  language: "en",
  language_probability: 1,
  duration_s: 4,
  segments: [],
  model,
  queue_s: 0,
  decode_s: 0,
  processing_s: 1,
});

/** What a whole job tells, in order. */
async function tellJob(id: string, events: JobEvent[]) {
  const job = testJob(id);
  for (const event of events) await rig.feed.observe(job, event);
}

interface Page {
  data: { type: string; subject: string; correlationid?: string }[];
  next: string;
  has_more: boolean;
}
const get = async (query: string) => {
  const response = await fetch(`${rig.url}/v1/events${query}`);
  return {
    status: response.status,
    body: (await response.json()) as Page & { error: { message: string; param: string } },
  };
};
const verbs = ({ data }: Page) => data.map(({ type }) => type.split(".").slice(2, -1).join("."));

test("the feed is read page by page, each page saying where the next begins", async () => {
  rig = await openHttpRig();
  for (const id of ["a", "b", "c"]) await tellJob(id, [{ type: "queued", position: 0 }, failed]);
  const seen: string[] = [];
  let next = "0";
  for (let hasMore = true; hasMore; ) {
    const { body } = await get(`?limit=4&after=${next}`);
    seen.push(...body.data.map(({ type, subject }) => `${type.split(".")[3]} ${subject}`));
    ({ next, has_more: hasMore } = body);
  }
  expect(seen).toEqual(
    ["a", "b", "c"].flatMap((id) => [`requested transcription/${id}`, `failed transcription/${id}`]),
  );
  await tellJob("d", [failed]);
  expect((await get(`?after=${next}`)).body.data).toMatchObject([{ subject: "transcription/d" }]);
});

test("types and a job choose among the events", async () => {
  rig = await openHttpRig();
  for (const id of ["a", "b"])
    await tellJob(id, [{ type: "queued", position: 0 }, started, segmentEvent(0, "x"), failed]);
  rig.feed.system("sidecar.started", "slot", { slot: "slot", pid: 1 });
  await vi.waitFor(async () =>
    expect(verbs((await get("?type=io.humhelix.sidecar.*")).body)).toEqual(["sidecar.started"]),
  );
  expect(verbs((await get("?type=*.failed&type=transcription.requested")).body)).toEqual([
    "transcription.requested",
    "transcription.failed",
    "transcription.requested",
    "transcription.failed",
  ]);
  expect(verbs((await get("?type=io.humhelix.transcription.segment.v1,*.started&job=b")).body)).toEqual([
    "transcription.started",
    "transcription.segment",
  ]);
  expect((await get("?job=unknown")).body).toMatchObject({ data: [], has_more: false });
});

test("a position of another spool means nothing here: all that is kept is new", async () => {
  rig = await openHttpRig();
  await tellJob("a", [failed]);
  expect((await get("?after=0123abcd-999")).body.data).toHaveLength(1);
});

test.each([
  ["?after=yesterday", "after", /a position such as 1234/],
  ["?limit=0", "limit", /from 1 to 1000/],
  ["?type=No%20Type", "type", /transcription\.completed/],
  ["?type=transcription.complete", "type", /fits no event.*asyncapi\.json/],
  ["?type=io.humhelix.job.*.v1", "type", /no event/],
])("%s is refused with what would be right", async (query, param, message) => {
  rig = await openHttpRig();
  const { status, body } = await get(query);
  expect(status).toBe(400);
  expect(body.error).toMatchObject({ param, message: expect.stringMatching(message) });
});

/** Reads a stream of server-sent events until `enough` of them are there. */
async function subscribe(query: string, options: { headers?: Record<string, string>; enough: number }) {
  const leaving = new AbortController();
  const response = await fetch(`${rig.url}/v1/events${query}`, {
    headers: { accept: "text/event-stream", ...options.headers },
    signal: leaving.signal,
  });
  expect(response.headers.get("content-type")).toContain("text/event-stream");
  const events: { id: string | null; event: { type: string; subject: string } }[] = [];
  let text = "";
  const read = (async () => {
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      const blocks = text.split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks) {
        const data = /^data: (.*)$/m.exec(block)?.[1];
        if (data !== undefined) events.push({ id: /^id: (.*)$/m.exec(block)?.[1] ?? null, event: JSON.parse(data) });
      }
      if (events.length >= options.enough) break;
    }
    leaving.abort();
    return events;
  })();
  return { events, read, leave: () => leaving.abort() };
}

test("a subscriber sees what comes from now on, and goes on behind the last id that it saw", async () => {
  rig = await openHttpRig();
  await tellJob("before", [failed]);
  const first = await subscribe("", { enough: 2 });
  for (const id of ["a", "b", "c", "d"]) await tellJob(id, [failed]);
  const seen = await first.read;
  expect(seen.map(({ event }) => event.subject).slice(0, 2)).toEqual(["transcription/a", "transcription/b"]);
  const id = seen[1]?.id ?? "";
  const again = await subscribe("", { headers: { "last-event-id": id }, enough: 2 });
  expect((await again.read).map(({ event }) => event.subject)).toEqual(["transcription/c", "transcription/d"]);
});

test("a subscriber from the start sees everything once and in order, however much is told meanwhile", async () => {
  rig = await openHttpRig();
  const total = 3_000;
  for (let index = 0; index < total / 2; index += 1) void tellJob(`job-${index}`, [failed]);
  const subscriber = await subscribe("?after=0&type=transcription.failed", { enough: total });
  for (let index = total / 2; index < total; index += 1) void tellJob(`job-${index}`, [failed]);
  const seen = await subscriber.read;
  expect(seen.map(({ event }) => event.subject)).toEqual(
    Array.from({ length: total }, (_, index) => `transcription/job-${index}`),
  );
});

test("progress reaches a subscriber without an id, since it cannot be asked for again", async () => {
  rig = await openHttpRig();
  const subscriber = await subscribe("?job=a&type=transcription.progress", { enough: 1 });
  await tellJob("a", [started, segmentEvent(0, "x")]);
  expect(await subscriber.read).toMatchObject([{ id: null, event: { type: "io.humhelix.transcription.progress.v1" } }]);
});

test("a stop ends subscriptions at once", async () => {
  rig = await openHttpRig();
  const subscriber = await subscribe("", { enough: 1_000 });
  const beganMs = performance.now();
  await rig.stop(20_000);
  expect(await subscriber.read).toEqual([]);
  expect(performance.now() - beganMs).toBeLessThan(5_000);
});

test("a transcript is put together from its events, with what a later attempt changed", async () => {
  rig = await openHttpRig();
  const events: JobEvent[] = [
    { type: "queued", position: 0 },
    started,
    segmentEvent(0, " one"),
    segmentEvent(1, " two"),
    { type: "restarted", attempt: 2, from_index: 1 },
    segmentEvent(1, " three"),
  ];
  await tellJob("a", events);
  const read = async (id: string) => {
    const response = await fetch(`${rig.url}/v1/transcripts/${id}`);
    return { status: response.status, body: (await response.json()) as { segments: { text: string }[] } };
  };
  expect((await read("a")).body).toMatchObject({ status: "running", text: null, requested: { model: "base" } });
  await tellJob("a", [{ type: "done", attempt: 2, transcript: transcript(" one three") }]);
  const { body } = await read("a");
  expect(body).toMatchObject({ object: "transcript", job_id: "a", status: "completed", text: " one three" });
  expect(body.segments.map(({ text }) => text)).toEqual([" one", " three"]);
  expect((await read("unknown")).status).toBe(404);
});

test("a text too large for an event is whole behind its dataref", async () => {
  rig = await openHttpRig();
  const text = "word ".repeat(20_000);
  await tellJob("long", [{ type: "done", attempt: 1, transcript: transcript(text) }]);
  const [event] = (await get("?job=long")).body.data as unknown as { dataref: string; data: { text: string | null } }[];
  expect(event).toMatchObject({ dataref: "/v1/transcripts/long", data: { text: null } });
  const whole = await fetch(`${rig.url}${event?.dataref}`);
  expect(await whole.json()).toMatchObject({ text });
});

test("a sink gets again what it is asked to get, and others do not", async () => {
  const [one, other] = [memorySink("one"), memorySink("other")];
  rig = await openHttpRig({ sinks: [one.sink, other.sink] });
  for (const id of ["a", "b", "c"]) await tellJob(id, [failed]);
  await vi.waitFor(() => expect(one.events.length + other.events.length).toBe(6));
  const replay = (body: object) =>
    fetch(`${rig.url}/v1/events/replay`, { method: "POST", body: JSON.stringify(body) }).then(async (response) => ({
      status: response.status,
      body: await response.json(),
    }));
  expect(await replay({ sink: "one", from: 2 })).toEqual({ status: 202, body: { sink: "one", from: 2, events: 2 } });
  await vi.waitFor(() => expect(one.events.map(({ position }) => position)).toEqual([1, 2, 3, 2, 3]));
  expect(other.events).toHaveLength(3);
  const unknown = await replay({ sink: "kafka", from: 1 });
  expect(unknown).toMatchObject({ status: 404, body: { error: { message: expect.stringContaining("one, other") } } });
  expect((await replay({ sink: "one", from: 0 })).status).toBe(400);
});

test("a sink that wants no more, ever, is not promised anything again", async () => {
  const stopped = { kind: "gone", reason: "the receiver answered 410" } as const;
  rig = await openHttpRig({
    sinks: [memorySink("hook", { deliver: async () => ({ delivered: 0, duplicates: 0, stopped }) }).sink],
  });
  await tellJob("a", [failed]);
  await vi.waitFor(() => expect(rig.feed.health()).toMatchObject([{ state: "ended" }]));
  const body = JSON.stringify({ sink: "hook", from: 1 });
  const answer = await fetch(`${rig.url}/v1/events/replay`, { method: "POST", body });
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ error: { param: "sink", message: expect.stringContaining("410") } });
});

test("HEAD answers without a subscription that nobody reads", async () => {
  rig = await openHttpRig();
  const answer = await fetch(`${rig.url}/v1/events`, { method: "HEAD", headers: { accept: "text/event-stream" } });
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toContain("text/event-stream");
  await vi.waitFor(() => expect(rig.subscribers()).toBe(0));
});

test("a subscription ends where the spool cannot be read, so that its client comes again", async () => {
  const faults = new Set<"disk">();
  rig = await openHttpRig({
    beforeRead: () => {
      if (faults.has("disk")) throw new Error("disk I/O error");
    },
  });
  const subscriber = await subscribe("?after=0", { enough: 1_000 });
  await tellJob("a", [failed]);
  await vi.waitFor(() => expect(subscriber.events).toHaveLength(1));
  faults.add("disk");
  await tellJob("b", [failed]);
  await expect(subscriber.read).rejects.toThrow("terminated");
});

test("a page ends before it is too large for memory", async () => {
  rig = await openHttpRig();
  const text = "x".repeat(40_000);
  for (let index = 0; index < 300; index += 1) void tellJob(`job-${index}`, [segmentEvent(0, text)]);
  await tellJob("last", [segmentEvent(0, text)]);
  const { body } = await get("?limit=1000");
  expect(body.has_more).toBe(true);
  expect(body.data.length).toBeLessThan(200);
  expect((await get(`?limit=1000&after=${body.next}`)).body.data.length).toBeGreaterThan(50);
});

test("more types than anybody needs are refused", async () => {
  rig = await openHttpRig();
  await tellJob("a", [failed]);
  const types = Array.from({ length: 1_200 }, (_, index) => `a.${"b".repeat(index % 7)}`).join(",");
  const { status, body } = await get(`?type=${types}`);
  expect(status).toBe(400);
  expect(body.error).toMatchObject({ param: "type", message: expect.stringContaining("at most 64") });
});

test("a subscriber that does not read is not sent what nobody keeps, and gets all the rest once it reads", async () => {
  rig = await openHttpRig();
  const leaving = new AbortController();
  const response = await fetch(`${rig.url}/v1/events?after=0`, {
    headers: { accept: "text/event-stream" },
    signal: leaving.signal,
  });
  await tellJob("a", [started]);
  // More than the sockets between them hold.
  const total = 20_000;
  const job = testJob("b");
  await rig.feed.observe(job, started);
  const safe = Array.from({ length: total }, (_, index) => rig.feed.observe(job, segmentEvent(index, "x".repeat(100))));
  await Promise.all(safe);
  let [progress, segments, text] = [0, 0, ""];
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString();
    const blocks = text.split("\n\n");
    text = blocks.pop() ?? "";
    for (const block of blocks) {
      if (block.includes("transcription.progress.v1")) progress += 1;
      if (block.includes("transcription.segment.v1")) segments += 1;
    }
    if (segments === total) break;
  }
  leaving.abort();
  expect(segments).toBe(total);
  expect(progress).toBeLessThan(total / 2);
});
