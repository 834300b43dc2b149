/** The golden examples from the control plane's side; sidecar/tests/test_events_contract.py is the other side. */
import { Ajv, type ValidateFunction } from "ajv";
import { fullFormats } from "ajv-formats/dist/formats.js";
import { CloudEvent, HTTP } from "cloudevents";
import { describe, expect, test } from "vitest";
import { maxEventBytes } from "../bound.ts";
import { dataSchemas, type EventName, eventNames, isEphemeral, nounOf, sheddable, streamOf } from "../catalogue.ts";
import { commandNames, commandSchema } from "../commands.ts";
import { cloudEventSchema, dataSchemaOf, typeOf } from "../envelope.ts";
import { exportContract } from "./contract.ts";
import { readExamples } from "./files.ts";

const examples = readExamples();
const isEvent = (name: string): name is EventName => name in dataSchemas;
const events = examples.flatMap(({ name, title, value }) => (isEvent(name) ? [{ name, title, value }] : []));
const commands = examples.filter(({ name }) => !isEvent(name));

const contracts = { published: exportContract("published"), closed: exportContract("closed") };
const ajv = new Ajv({ strict: true, allowUnionTypes: true, formats: fullFormats, keywords: ["x-extensible-enum"] });
const compiled = new Map<object, ValidateFunction>();

function problems(schema: object, value: unknown): unknown {
  const validate = compiled.get(schema) ?? ajv.compile(schema);
  compiled.set(schema, validate);
  return validate(value) ? null : validate.errors;
}

test("there is an example of every event and every command, and none of anything else", () => {
  expect(new Set(examples.map(({ name }) => name))).toEqual(new Set([...eventNames, ...commandNames]));
});

describe.each(events)("$title", ({ name, value }) => {
  const event = cloudEventSchema.parse(value);

  test("is an event as we seal it, in just the fields of its schema", () => {
    expect(event.type).toBe(typeOf(name));
    expect(event.dataschema).toBe(dataSchemaOf(name));
    expect(event.source.endsWith(`/${streamOf(name)}`)).toBe(true);
    expect(event.subject).toBe(`${nounOf(name)}/${event.partitionkey}`);
    expect("sequence" in event).toBe(!isEphemeral(name));
    expect(Buffer.byteLength(JSON.stringify(value))).toBeLessThan(maxEventBytes);
    expect(dataSchemas[name].parse(event.data)).toEqual(event.data);
  });

  test.each(["published", "closed"] as const)("is of the %s JSON Schema", (reading) => {
    const { envelope, events } = contracts[reading];
    expect(problems(envelope, event)).toBeNull();
    expect(problems(events[name]?.data ?? {}, event.data)).toBeNull();
  });

  test("is read with a field and an attribute that a later version of v1 may add, but not sent with them", () => {
    const data = { ...dataSchemas[name].parse(event.data), added_later: true };
    expect(problems(contracts.published.envelope, { ...event, addedlater: "yes" })).toBeNull();
    expect(problems(contracts.published.events[name]?.data ?? {}, data)).toBeNull();
    expect(problems(contracts.closed.events[name]?.data ?? {}, data)).not.toBeNull();
  });

  test("is the same after CloudEvents' own SDK has read and written it", () => {
    expect(new CloudEvent(event).validate()).toBe(true);
    const received = HTTP.toEvent({
      headers: { "content-type": "application/cloudevents+json" },
      body: JSON.stringify(value),
    });
    if (Array.isArray(received)) throw new Error("one event was read as several");
    expect(JSON.parse(String(HTTP.structured(received).body))).toEqual(value);
  });
});

describe.each(commands)("$title", ({ name, value }) => {
  test("is a command that is read as it was meant", () => {
    const command = commandSchema.parse(value);
    expect(command).toEqual(value);
    expect(command.type).toBe(`io.humhelix.${name}.v1`);
  });

  test("is of the JSON Schema", () => {
    const { commandEnvelope, commands } = contracts.published;
    expect(problems(commandEnvelope, value)).toBeNull();
    expect(problems(commands[name]?.data ?? {}, commandSchema.parse(value).data)).toBeNull();
  });

  test("is what CloudEvents' own SDK makes of it", () => {
    const event = new CloudEvent(value as Partial<CloudEvent<unknown>>);
    expect(JSON.parse(String(HTTP.structured(event).body))).toEqual(value);
  });
});

test("what may be left out for its size is left out in an example, which says where it is", () => {
  for (const name of ["transcription.segment", "transcription.completed"] as const) {
    const [field = ""] = sheddable[name] ?? [];
    const without = events.find(({ title }) => title === `${name}-without-room-for-${field}`)?.value;
    expect(without).toMatchObject({ dataref: expect.stringMatching(/^\/v1\/transcripts\//), data: { [field]: null } });
  }
});
