/** What we seal is what the CloudEvents SDKs of both languages take for events. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { CloudEvent, HTTP } from "cloudevents";
import { expect, test } from "vitest";
import { z } from "zod";
import { checkoutRoot } from "../../src/core/checkout.ts";
import { sealBounded } from "../../src/events/bound.ts";
import { dataSchemas, type EventData, type EventName, eventNames, isEphemeral } from "../../src/events/catalogue.ts";
import { readExamples } from "../../src/events/contract/files.ts";
import { typeOf } from "../../src/events/envelope.ts";
import { python } from "../e2e/direct.ts";

/** All that a text may have in it. */
const text = `"quoted" \\ back\tslash\u0000\u2028\ud800 Ελληνικά 日本語 😀 <&>%20`;

function seal(name: EventName, data: EventData<EventName>): string {
  const { json } = sealBounded({
    name,
    subjectId: `subject of "${name}" ä`,
    source: "/humhelix/node-1/019aab3c-5f10-7c4e-9d21-3b8f6a01c2de/system",
    sequence: isEphemeral(name) ? null : Number.MAX_SAFE_INTEGER,
    wallMs: Date.now(),
    requestId: "request:+=@/-1",
    causationId: `command "1" Ελληνικά 日本語 😀 <&>%20`,
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    data,
  });
  return json;
}

const sealed = readExamples().flatMap(({ name, value }) => {
  const event = eventNames.find((known) => known === name);
  if (event === undefined) return [];
  return [seal(event, dataSchemas[event].parse(z.object({ data: z.unknown() }).parse(value).data))];
});
const segment = dataSchemas["transcription.segment"].parse(
  z.object({ data: z.unknown() }).parse(readExamples().find(({ title }) => title === "transcription.segment")?.value)
    .data,
);
const all = [
  ...sealed,
  seal("transcription.segment", { ...segment, text }),
  seal("transcription.segment", { ...segment, text: text.repeat(20_000) }),
];

test("CloudEvents' SDK for JavaScript reads every event that we seal, and writes the same", () => {
  expect(all.length).toBeGreaterThan(eventNames.length);
  for (const json of all) {
    const headers = { "content-type": "application/cloudevents+json; charset=utf-8" };
    const event = new CloudEvent(HTTP.toEvent({ headers, body: json }) as Partial<CloudEvent<unknown>>);
    expect(JSON.parse(String(HTTP.structured(event).body))).toEqual(JSON.parse(json));
  }
});

test("CloudEvents' SDK for Python reads every event that we seal, and writes the same", async () => {
  const answer = new Promise<string>((resolve, reject) => {
    const child = execFile(python, [join(checkoutRoot, "sidecar/tests/contract.py")], (error, stdout) =>
      error === null ? resolve(stdout) : reject(error),
    );
    child.stdin?.end(all.map((json) => `${json}\n`).join(""));
  });
  const read = (await answer).trimEnd().split("\n");
  const said = z.object({ type: z.string(), same: z.boolean() });
  const told = read.map((line) => said.parse(JSON.parse(line)));
  expect(told).toHaveLength(all.length);
  expect(told.filter(({ same }) => !same)).toEqual([]);
  expect(new Set(told.map(({ type }) => type))).toEqual(new Set(eventNames.map(typeOf)));
});
