import { readdirSync } from "node:fs";
import { DiagnosticSeverity, Parser } from "@asyncapi/parser";
import { Ajv } from "ajv";
import { fullFormats } from "ajv-formats/dist/formats.js";
import { describe, expect, test } from "vitest";
import { commandSourceSchema } from "../../core/command-settings.ts";
import { type SettingsOf, type SinkKind, sinkSettingsSchema } from "../../core/sink-settings.ts";
import { eventNames, isEphemeral, streamNames } from "../catalogue.ts";
import { commandNames } from "../commands.ts";
import { streamKey } from "../sinks/append.ts";
import { buildAsyncApi, buildSchemas } from "./asyncapi.ts";
import { exportContract } from "./contract.ts";
import { asyncApiFile, readExamples, readJson, schemaFolder } from "./files.ts";

const document = buildAsyncApi(readExamples());
const problemsOf = async (candidate: unknown) => {
  const diagnostics = await new Parser().validate(JSON.stringify(candidate));
  return diagnostics.filter(({ severity }) => severity <= DiagnosticSeverity.Warning);
};

describe("the AsyncAPI document", () => {
  test("is what proto/events/asyncapi.json says; `npm run proto:write` writes it", () => {
    expect(readJson(asyncApiFile)).toEqual(JSON.parse(JSON.stringify(document)));
  });

  test("is without an error or a warning to AsyncAPI's own parser", async () => {
    expect(await problemsOf(document)).toEqual([]);
  });

  test("has examples that are of their schemas, which the parser does not look at", () => {
    const ajv = new Ajv({ strict: false, formats: fullFormats }).addSchema({ components: document.components }, "all");
    for (const [name, { examples }] of Object.entries(document.components.messages)) {
      const validate = ajv.compile({ $ref: `all#/components/messages/${name}/payload` });
      expect(examples.length, name).toBeGreaterThan(0);
      for (const { payload } of examples) {
        expect(validate(payload), JSON.stringify(validate.errors)).toBe(true);
        expect(validate({ ...Object(payload), type: "io.humhelix.node.resumed.v1" })).toBe(false);
        expect(validate({ ...Object(payload), data: {} })).toBe(false);
      }
    }
  });

  test("is read by it as what it is meant to say", async () => {
    const { document: parsed } = await new Parser().parse(JSON.stringify(document));
    if (parsed === undefined) throw new Error("the parser made nothing of it");
    expect(parsed.version()).toBe("3.0.0");
    const said = parsed.messages().filterBy((message) => message.contentType() === "text/plain");
    expect(parsed.messages().all()).toHaveLength(eventNames.length + commandNames.length + said.length);
    const sent = parsed.operations().filterBySend();
    const told = (names: readonly string[]) => new Set(names.map((name) => `io.humhelix.${name}.v1`));
    const typesAt = (address: string) => {
      const operations = parsed.operations().all();
      const at = operations.filter((operation) => operation.channels().all()[0]?.address() === address);
      return new Set(
        at.flatMap((operation) =>
          operation
            .messages()
            .all()
            .map((message) => message.name()),
        ),
      );
    };
    expect(typesAt("{humhelix}:commands:v1")).toEqual(told(commandNames));
    expect(typesAt("humhelix.events.{noun}.{verb}")).toEqual(told(eventNames));
    expect(typesAt("/v1/events")).toEqual(told(eventNames));
    expect(said.map((message) => message.payload()?.enum())).toEqual([["online", "offline"]]);
    const streams = streamNames.map((stream) => typesAt(`{humhelix}:events:v1:${stream}`));
    expect(streams.reduce((all, types) => all.union(types))).toEqual(
      told(eventNames.filter((name) => !isEphemeral(name))),
    );
    expect(
      parsed
        .operations()
        .filterByReceive()
        .map((operation) => operation.id()),
    ).toEqual(["receive.redis.commands", "receive.kafka.commands", "receive.nats.commands"]);
    expect(sent.length).toBeGreaterThan(streamNames.length);
  });

  test.each([
    [
      "an operation on a channel that is not there",
      (copy: typeof document) => {
        Object.assign(copy.operations["send.nats"] ?? {}, { channel: { $ref: "#/channels/elsewhere" } });
      },
    ],
    [
      "a schema of no type",
      (copy: typeof document) => {
        Object.assign(copy.components.schemas.envelope, { type: "thing" });
      },
    ],
    [
      "a parameter that is not declared",
      (copy: typeof document) => {
        Object.assign(copy.channels.mqtt ?? {}, { parameters: {} });
      },
    ],
  ])("would not pass with %s", async (_, spoil) => {
    const copy = structuredClone(document);
    spoil(copy);
    expect(await problemsOf(copy)).not.toEqual([]);
  });
});

test("the schemas are what proto/events/schemas has; `npm run proto:write` writes them", () => {
  const committed = readdirSync(schemaFolder).map((file) => [
    file.replace(/\.json$/, ""),
    readJson(new URL(file, schemaFolder)),
  ]);
  expect(Object.fromEntries(committed)).toEqual(JSON.parse(JSON.stringify(buildSchemas())));
});

test("the addresses are those that the sinks have by default", () => {
  const { addresses } = exportContract();
  for (const stream of streamNames) expect(addresses[`redis.${stream}`]).toBe(streamKey(stream));
  const kafka = settings("kafka", { kind: "kafka", brokers: ["127.0.0.1:9092"] });
  expect(addresses["kafka.system"]).toBe(`${kafka.topic_prefix}.system.v1`);
  const nats = settings("nats", { kind: "nats", servers: ["nats://127.0.0.1"] });
  expect(addresses.nats).toBe(`${nats.subject_prefix}.{node}.{noun}.{verb}`);
  const mqtt = settings("mqtt", { kind: "mqtt", url: "mqtt://127.0.0.1" });
  expect(addresses.mqtt).toBe(`${mqtt.topic_prefix}/{node}/{noun}/{verb}`);
  expect(addresses["mqtt.availability"]).toBe(`${mqtt.topic_prefix}/{node}/availability`);
  const amqp = settings("amqp", { kind: "amqp", url: "amqp://127.0.0.1" });
  const commands = commandSourceSchema.parse({ kind: "kafka", brokers: ["127.0.0.1:9092"] });
  expect(addresses["kafka.commands"]).toBe("topic" in commands && commands.topic);
  const subject = commandSourceSchema.parse({ kind: "nats", servers: ["nats://127.0.0.1"] });
  expect(addresses["nats.commands"]).toBe("subject" in subject && subject.subject);
  expect(document.channels.amqp).toMatchObject({ bindings: { amqp: { exchange: { name: amqp.exchange } } } });
});

function settings<Kind extends SinkKind>(kind: Kind, given: unknown): SettingsOf<Kind> {
  const parsed = sinkSettingsSchema.parse(given);
  if (parsed.kind !== kind) throw new Error(`${parsed.kind} is not ${kind}`);
  return parsed as SettingsOf<Kind>;
}
