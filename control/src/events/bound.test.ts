import { describe, expect, test } from "vitest";
import { z } from "zod";
import { defaultOptions } from "../core/options.ts";
import { maxEventBytes, sealBounded } from "./bound.ts";
import { dataSchemas, type EventData, type EventName, eventNames, isEphemeral, sheddable } from "./catalogue.ts";
import { cloudEventSchema, type EventFacts } from "./envelope.ts";

const ids = { request_id: "request-1", job_id: "job-1" };
const model = { name: "base", revision: "abc", engine: "faster-whisper", device: "cpu", compute_type: "int8" };
const completed: EventData<"transcription.completed"> = {
  ...ids,
  attempt: 1,
  text: "Ask not.",
  language: "en",
  language_probability: 0.9,
  audio_s: 10,
  processing_s: 2,
  queue_s: 0.1,
  rtf: 0.2,
  model,
  usage: { type: "duration", seconds: 10 },
};

const sealData = <Name extends EventName>(name: Name, data: EventData<Name>) => {
  const facts: EventFacts<Name> = {
    name,
    subjectId: "job-1",
    source: "/humhelix/node-1/epoch/transcription",
    sequence: isEphemeral(name) ? null : 1,
    wallMs: Date.UTC(2026, 10, 22),
    requestId: "request-1",
    data,
  };
  return sealBounded(facts);
};

describe("a transcript", () => {
  test("up to the bound is in the event, and nowhere else", () => {
    const empty = Buffer.byteLength(sealData("transcription.completed", { ...completed, text: "" }).json);
    const text = "ä".repeat(Math.floor((maxEventBytes - empty) / 2));
    const { event, json } = sealData("transcription.completed", { ...completed, text });
    expect(event.data).toMatchObject({ text });
    expect(event.dataref).toBeUndefined();
    expect(Buffer.byteLength(json)).toBeGreaterThan(maxEventBytes - 2);

    const { event: over } = sealData("transcription.completed", { ...completed, text: `${text}ä` });
    expect(over.data).toEqual({ ...completed, text: null });
    expect(over.dataref).toBe("/v1/transcripts/job-1");
  });

  test("that is left out of an event stays whole in what the event was made of", () => {
    const data = { ...completed, text: "x".repeat(maxEventBytes) };
    const { event, json } = sealData("transcription.completed", data);
    expect(JSON.parse(json)).toEqual(event);
    expect(data.text).toHaveLength(maxEventBytes);
  });
});

test("words are left out of a segment that has too many, and its text stays", () => {
  const word = { word: " and", start: 1.25, end: 1.5, probability: 0.75 };
  const { event } = sealData("transcription.segment", {
    ...ids,
    attempt: 1,
    index: 0,
    start: 0,
    end: 30,
    text: " and".repeat(2_000),
    avg_logprob: -0.2,
    no_speech_prob: 0.01,
    compression_ratio: 9,
    temperature: 0,
    words: Array.from({ length: 2_000 }, () => word),
  });
  expect(event.data).toMatchObject({ words: null, text: " and".repeat(2_000) });
  expect(event.dataref).toBe("/v1/transcripts/job-1");
});

test("of what was asked for, only what is too large is left out", () => {
  const { event } = sealData("transcription.requested", {
    ...ids,
    audio: { sha256: "", bytes: 1, media_type: "audio/wav", duration_s: null },
    model: "base",
    task: "transcribe",
    language: null,
    options: { ...defaultOptions, initial_prompt: "p".repeat(maxEventBytes), hotwords: "helix" },
    priority: "batch",
  });
  expect(event.data).toMatchObject({ options: { ...defaultOptions, initial_prompt: null, hotwords: "helix" } });
  expect(event.dataref).toBe("/v1/transcripts/job-1");
});

test("what cannot be left out is cut, between characters, and an event about no job refers nowhere", () => {
  const { event } = sealData("model.load_failed", {
    model: "base",
    device: "cpu",
    compute_type: "int8",
    reason: `x${"😀".repeat(30_000)}`,
  });
  const { reason } = dataSchemas["model.load_failed"].parse(event.data);
  expect(reason).toHaveLength(512);
  expect(reason.isWellFormed()).toBe(true);
  expect(reason.endsWith("…")).toBe(true);
  expect(event.dataref).toBeUndefined();
});

/** Every string at its longest and dearest in JSON, every list at its longest, every number at its most digits. */
function largest(schema: z.core.JSONSchema.BaseSchema): unknown {
  const choice = schema.anyOf?.find((option) => typeof option === "object" && option.type !== "null");
  if (typeof choice === "object") return largest(choice);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum.toSorted((a, b) => String(b).length - String(a).length)[0];
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case "string":
      return "\u0001".repeat(Math.min(schema.maxLength ?? 30_000, 30_000));
    case "integer":
      return schema.maximum ?? Number.MAX_SAFE_INTEGER;
    case "number":
      return Math.max(schema.minimum ?? 0, 0) + 0.012_345_678_901_234_567;
    case "boolean":
      return false;
    case "array":
      return Array.from({ length: schema.maxItems ?? 1_000 }, () => itemOf(schema.items));
    default:
      return largestObject(schema);
  }
}

function largestObject(schema: z.core.JSONSchema.BaseSchema): unknown {
  const properties = Object.entries(schema.properties ?? {}).map(([name, value]) => [name, largestOf(value)]);
  if (properties.length > 0) return Object.fromEntries(properties);
  const names = Array.from({ length: 64 }, (_, index) => `library-${index}`);
  return Object.fromEntries(names.map((name) => [name, "1.2.3"]));
}

/** What lists have are numbers, words, and ids of ours. */
function itemOf(schema: unknown): unknown {
  const item = largestOf(schema);
  if (typeof item === "string") return "01234567-89ab-7def-8123-456789abcdef";
  return typeof item === "object" ? { ...item, word: " and" } : item;
}

const largestOf = (schema: unknown) => largest(z.record(z.string(), z.unknown()).parse(schema));

test.each(eventNames)("%s is within the bound, and still of its schema, however large its data is", (name) => {
  const worst = largestOf(z.toJSONSchema(dataSchemas[name]));
  // Jobs' ids are ours.
  const data = Object.assign({}, worst, "job_id" in dataSchemas[name].shape ? ids : {});
  const { event, json } = sealData(name, data as EventData<typeof name>);
  expect(Buffer.byteLength(json)).toBeLessThanOrEqual(maxEventBytes);
  expect(dataSchemas[name].safeParse(event.data).error).toBeUndefined();
  expect(cloudEventSchema.parse(JSON.parse(json))).toEqual(event);
});

test("all that may be left out is in the schema, and may be null", () => {
  const node = z.looseObject({ properties: z.record(z.string(), z.unknown()) });
  for (const name of eventNames) {
    for (const path of sheddable[name] ?? []) {
      const schema = path
        .split(".")
        .reduce<unknown>((at, key) => node.parse(at).properties[key], z.toJSONSchema(dataSchemas[name]));
      expect(JSON.stringify(schema), `${name} ${path}`).toContain('"null"');
    }
  }
});
