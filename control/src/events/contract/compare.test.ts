/** What v1 promised is kept: the code's contract against the one in proto/events/released. */
import { expect, test } from "vitest";
import { compareContracts, findingLine } from "./compare.ts";
import { type Contract, exportContract, type JsonSchema } from "./contract.ts";
import { readJson, releasedFile } from "./files.ts";

const current = exportContract();
const released = readJson(releasedFile) as Contract;

test("nothing that was released is broken", () => {
  const broken = compareContracts(released, current).filter(({ breaking }) => breaking);
  expect(broken.map(findingLine)).toEqual([]);
});

test("all that is new is released too, so that it cannot be taken back unseen; `npm run proto:release` does it", () => {
  expect(compareContracts(released, current).map(findingLine)).toEqual([]);
});

/** The schema at a path of fields. */
function at(
  schema: JsonSchema | undefined,
  ...path: string[]
): JsonSchema & { properties: Record<string, JsonSchema> } {
  const found = path.reduce<JsonSchema | undefined>((part, field) => {
    const inner = part?.properties?.[field];
    return typeof inner === "object" ? inner : undefined;
  }, schema);
  if (found === undefined) throw new Error(`no ${path.join(".")} in the schema`);
  return found as JsonSchema & { properties: Record<string, JsonSchema> };
}

const eventData = (contract: Contract, name: string) => at(contract.events[name]?.data);
const commandData = (contract: Contract, name: string) => at(contract.commands[name]?.data);
const requestData = (contract: Contract) => commandData(contract, "transcription.request");

test.each<[string, (contract: Contract) => void, string]>([
  ["an event is gone", ({ events }) => delete events["node.stopped"], "breaks: node.stopped is gone"],
  [
    "a durable event becomes ephemeral",
    ({ events }) => Object.assign(events["node.stopped"] ?? {}, { class: "ephemeral" }),
    "breaks: node.stopped was durable and is ephemeral",
  ],
  [
    "an event moves to another stream",
    ({ events }) => Object.assign(events["node.stopped"] ?? {}, { stream: "benchmark" }),
    "breaks: node.stopped was in stream system and is in benchmark",
  ],
  [
    "a field of an event is gone",
    (contract) => delete eventData(contract, "transcription.segment").properties.text,
    "breaks: transcription.segment.text is gone",
  ],
  [
    "a field of an event may be null",
    (contract) =>
      Object.assign(at(contract.events["transcription.segment"]?.data, "text"), { type: ["string", "null"] }),
    "breaks: transcription.segment.text may be null now",
  ],
  [
    "a field of an event may not be null, as those that were kept are",
    (contract) => Object.assign(at(contract.events["transcription.completed"]?.data, "text"), { type: "string" }),
    "breaks: transcription.completed.text may not be null any more",
  ],
  [
    "a field of an event may be left out",
    (contract) => eventData(contract, "model.loaded").required?.pop(),
    "breaks: model.loaded.memory_bytes is not required any more",
  ],
  [
    "a field of an event must be there that is not in those that were kept",
    (contract) => {
      eventData(contract, "node.started").properties.os = { type: "string" };
      eventData(contract, "node.started").required?.push("os");
    },
    "breaks: node.started.os is new, and required",
  ],
  [
    "a field deep in an event has another type",
    (contract) =>
      Object.assign(at(contract.events["transcription.requested"]?.data, "audio", "bytes"), { type: "string" }),
    "breaks: transcription.requested.audio.bytes was integer and is string",
  ],
  [
    "an event may have a value that no reader knows",
    (contract) => at(contract.events["transcription.requested"]?.data, "priority").enum?.push("urgent"),
    'breaks: transcription.requested.priority may be "urgent" now',
  ],
  [
    "an attribute is gone",
    ({ envelope }) => delete at(envelope).properties.partitionkey,
    "breaks: envelope.partitionkey is gone",
  ],
  [
    "a stream has another key",
    ({ addresses }) => Object.assign(addresses, { "redis.system": "system" }),
    "breaks: redis.system was at {humhelix}:events:v1:system and is at system",
  ],
  [
    "a command is gone",
    ({ commands }) => delete commands["transcription.cancel"],
    "breaks: transcription.cancel is gone",
  ],
  [
    "a command needs what it did not",
    (contract) => requestData(contract).required?.push("model"),
    "breaks: transcription.request.model is required now",
  ],
  [
    "a command may not have what it might",
    (contract) => delete requestData(contract).properties.deadline,
    "breaks: transcription.request.deadline is gone",
  ],
  [
    "a command takes less",
    (contract) => Object.assign(at(requestData(contract), "options", "beam_size"), { maximum: 8 }),
    "breaks: transcription.request.options.beam_size maximum was 64 and is 8",
  ],
])("it is a break when %s", (_, change, line) => {
  const changed = structuredClone(current);
  change(changed);
  expect(compareContracts(current, changed).map(findingLine)).toContain(line);
});

test.each<[string, (contract: Contract) => void, string]>([
  [
    "an event",
    ({ events }) => Object.assign(events, { "node.resumed": events["node.started"] }),
    "adds: node.resumed is new",
  ],
  [
    "a field that an event may have",
    (contract) => Object.assign(eventData(contract, "node.started").properties, { os: { type: "string" } }),
    "adds: node.started.os is new",
  ],
  [
    "a code of failures",
    (contract) =>
      (at(contract.events["transcription.failed"]?.data, "error", "code")["x-extensible-enum"] as string[]).push(
        "melted",
      ),
    'adds: transcription.failed.error.code may be "melted" now',
  ],
  [
    "a field that a command may have",
    (contract) => Object.assign(requestData(contract).properties, { tenant: { type: "string" } }),
    "adds: transcription.request.tenant is new",
  ],
  [
    "a value that a command may have",
    (contract) => at(requestData(contract), "priority").enum?.push("urgent"),
    'adds: transcription.request.priority may be "urgent" now',
  ],
  [
    "what a command can do without",
    (contract) => Object.assign(at(requestData(contract), "options", "beam_size"), { maximum: 128 }),
    "adds: transcription.request.options.beam_size maximum was 64 and is 128",
  ],
  ["an address", ({ addresses }) => Object.assign(addresses, { pulsar: "humhelix" }), "adds: pulsar is new"],
])("it is no break to add %s", (_, change, line) => {
  const changed = structuredClone(current);
  change(changed);
  expect(compareContracts(current, changed).map(findingLine)).toEqual([line]);
});
