import { describe, expect, test } from "vitest";
import { eventNames, isEphemeral, nounOf, streamOf } from "./catalogue.ts";
import { cloudEventSchema, nameOf, seal, typeOf } from "./envelope.ts";

const facts = {
  name: "transcription.restarted" as const,
  subjectId: "job-1",
  source: "/humhelix/node-1/epoch/transcription",
  sequence: 1,
  wallMs: Date.UTC(2026, 10, 22, 12, 0, 0, 5),
  requestId: "request-1",
  data: { request_id: "request-1", job_id: "job-1", attempt: 2, from_index: 0 },
};

describe("an envelope", () => {
  test("conforms to CloudEvents 1.0 and to our schema", () => {
    const event = seal(facts);
    expect(cloudEventSchema.parse(JSON.parse(JSON.stringify(event)))).toEqual(event);
    expect(event).toEqual({
      specversion: "1.0",
      id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      source: "/humhelix/node-1/epoch/transcription",
      type: "io.humhelix.transcription.restarted.v1",
      subject: "transcription/job-1",
      time: "2026-11-22T12:00:00.005Z",
      datacontenttype: "application/json",
      dataschema: "urn:humhelix:schema:transcription.restarted:v1",
      sequence: "0000000000000001",
      partitionkey: "job-1",
      correlationid: "request-1",
      data: facts.data,
    });
  });

  test("names its attributes as CloudEvents allows: lower-case letters and digits", () => {
    for (const attribute of Object.keys(seal(facts))) expect(attribute).toMatch(/^[a-z0-9]{1,20}$/);
  });

  test("has an id of its own, whose time never goes back", () => {
    const ids = Array.from({ length: 2_000 }, () => seal(facts).id);
    expect(new Set(ids).size).toBe(ids.length);
    const times = ids.map((id) => id.slice(0, 13));
    expect(times).toEqual(times.toSorted((a, b) => a.localeCompare(b)));
  });

  test("without a request is related to none, and partitioned by its subject", () => {
    const event = seal({ ...facts, requestId: null, subjectId: "slot-1" });
    expect(event.correlationid).toBeUndefined();
    expect(event.partitionkey).toBe("slot-1");
  });

  test("relates an event to the command that caused it, to a trace, and to where the whole is", () => {
    const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const relations = { causationId: "command-1", traceparent, dataref: "/v1/transcripts/job-1" };
    const event = seal({ ...facts, ...relations });
    expect(event).toMatchObject({ causationid: "command-1", traceparent, dataref: "/v1/transcripts/job-1" });
    expect(cloudEventSchema.parse(event)).toEqual(event);
    const unrelated = seal({ ...facts, causationId: null, traceparent: null, dataref: null });
    expect(Object.keys(unrelated)).toEqual(Object.keys(seal(facts)));
  });

  test("of an ephemeral event has no number", () => {
    const data = { request_id: "request-1", job_id: "job-1", processed_s: 1, total_s: 2 };
    const event = seal({ ...facts, name: "transcription.progress", sequence: null, data });
    expect(Object.keys(event)).not.toContain("sequence");
    expect(cloudEventSchema.parse(event)).toEqual(event);
  });

  test("is refused where the sequence is short, the time is no time or the source is foreign", () => {
    const event = seal(facts);
    for (const wrong of [{ sequence: "1" }, { time: "today" }, { source: "/elsewhere/a/b/c" }, { id: "" }]) {
      expect(cloudEventSchema.safeParse({ ...event, ...wrong }).success, JSON.stringify(wrong)).toBe(false);
    }
  });
});

test("every name of the catalogue has a type, a noun and a stream, and is found again from its type", () => {
  for (const name of eventNames) {
    expect(nameOf(typeOf(name))).toBe(name);
    expect(name.startsWith(`${nounOf(name)}.`)).toBe(true);
    expect(typeOf(name)).toMatch(/^io\.humhelix\.[a-z_]+(\.[a-z_]+)+\.v1$/);
  }
  expect(streamOf("transcription.progress")).toBe("transcription");
  expect(streamOf("sidecar.crashed")).toBe("system");
  expect(streamOf("benchmark.run.started")).toBe("benchmark");
  expect(nounOf("benchmark.run.started")).toBe("benchmark.run");
  expect(eventNames.filter(isEphemeral)).toEqual(["transcription.progress", "transcription.partial"]);
});
